"""The picture of a certificate: how far apart two nets are after each epoch, against what counts as rounding."""

import math
from collections.abc import Mapping, Sequence

from mnistbench.judging import Certificate
from mnistbench.ledger import PARAMETERS
from mnistbench.reports.columns import BY_NAME, POINT
from mnistbench.reports.palette import INK, PARAMETER_LOOKS
from mnistbench.reports.pictures.drawing import Panel, Picture, gid, panel
from mnistbench.reports.pictures.frames import Label, few_ticks, frame, label, powers_of_ten

MAX_PANELS = 8  # pairs; certificate.csv has all


def differences(certificates: Sequence[Certificate], short: Mapping[str, str]) -> Picture | None:
    """Draw the largest difference of each of W1, b1, W2, b2 by epoch on a log axis: a panel for each pair.

    The limit is drawn over the epochs that are judged by it. No difference at all, as at the start, has no place on
    a log axis.
    """
    proofs = [proof for proof in certificates if any(each.epoch for each in proof.differences)]
    if not proofs:
        return None
    panels = tuple(_differences(proof, _place(proof, proofs, short)) for proof in proofs[:MAX_PANELS])
    part = f" (the first {MAX_PANELS} of {len(proofs)} pairs; the CSV file has all)" if len(proofs) > MAX_PANELS else ""
    return Picture("differences", f"Largest difference of each weight{part}", panels)


def _place(proof: Certificate, proofs: Sequence[Certificate], short: Mapping[str, str]) -> str:
    """Return the pair, and what tells it from the others."""
    names = [name for name in (*POINT, "seed") if hasattr(proof.spec, name)]
    shown = [name for name in names if name == "hidden_size" or len({getattr(p.spec, name) for p in proofs}) > 1]
    settings = ", ".join(f"{BY_NAME[name].heading} = {getattr(proof.spec, name)}" for name in shown)
    nets = (short.get(spec.net, spec.net) for spec in (proof.spec, proof.reference))
    return f"{' and '.join(nets)}, {settings}"


def _differences(proof: Certificate, place: str) -> Panel:
    made = frame(place, "Largest difference, absolute", "Epoch", labels=[*PARAMETERS, _limit(proof)], plot=170)
    epochs = [each.epoch for each in proof.differences if each.epoch]
    values = {name: [_drawable(each.weights[name]) for each in proof.differences if each.epoch] for name in PARAMETERS}
    seen = [value for line in values.values() for value in line if value == value]
    exponents = [math.log10(value) for value in (*seen, proof.limit)]
    powers_of_ten(made.axes, math.floor(min(exponents)) - 1, math.ceil(max(exponents)) + 1)
    few_ticks(made.axes.xaxis, whole=True)
    labels, said = [], []
    for name, line in values.items():
        look = PARAMETER_LOOKS[name]
        (drawn,) = made.axes.plot(epochs, line, color=look.colour, marker=look.marker)
        drawn.set_gid(gid("difference", name, place))
        last = [(epoch, value) for epoch, value in zip(epochs, line, strict=True) if value == value][-1:]
        labels += [Label(*end, name, *look) for end in last]
        largest = max((each.weights[name] for each in proof.differences), default=0.0)
        said.append(f"{name} {largest:.1e}")
    judged = [each.epoch for each in proof.differences if each.judged and each.epoch] or epochs
    (limit,) = made.axes.plot([min(judged), max(judged)], [proof.limit] * 2, color=INK, linestyle="--")
    limit.set_gid(gid("limit", place))
    labels.append(Label(max(judged), proof.limit, _limit(proof), INK))
    label(made, labels)
    return panel(made.figure, place, f"{place}: at most {', '.join(said)}, against a limit of {proof.limit:.0e}")


def _limit(proof: Certificate) -> str:
    return f"limit {proof.limit:.0e}".replace("e-0", "e-")


def _drawable(value: float) -> float:
    """Return a difference as a log axis takes it: none at all, and what is not finite, is left out."""
    return value if 0 < value < math.inf else math.nan
