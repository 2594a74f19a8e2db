"""What a check of a user's net found: the verdict, then what to mend, then the answers and each array."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mnistbench.reports.signs import signed
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal.fitting import Fitted

QUESTIONS = {
    "gradients": "Gradients, for whatever net this is",
    "loop": "Loop over epochs and batches",
    "network": "The network that was asked for",
    "certificate": "The same network after an epoch",
}
SIGNS = {"right": True, "wrong": False}  # what is other, or was not asked, is no verdict


def findings(found: dict[str, Any], *, evidence: bool = False) -> Group:
    """Return what :func:`mnistbench.checking.checking.check` found, with what it rests on where that is wanted."""
    verdict = signed(found["passed"], "PASSED" if found["passed"] else "FAILED")
    parts: list[RenderableType] = [
        Text(f"{verdict}: {found['net']}", "bold green" if found["passed"] else "bold red"),
        Text(),
    ]
    parts += [Text(sentence) for sentence in sentences(found, evidence=evidence)]
    parts += [Text(), Fitted(answers(found, evidence=evidence))]
    gradients = found["gradients"]
    is_the_loops = gradients["answer"] == "right" and not all(each["passed"] for each in gradients["parameters"])
    if gradients["parameters"] and not is_the_loops:
        parts += [Text(), Fitted(parameters(found))]
    return Group(*parts)


def answers(found: dict[str, Any], *, evidence: bool = False) -> Table:
    """Return the four questions and their answers."""
    cells: list[tuple[str, ...]] = [
        (
            words,
            signed(SIGNS.get(found[name]["answer"]), found[name]["answer"]),
            *(["; ".join(found[name]["evidence"])] if evidence else []),
        )
        for name, words in QUESTIONS.items()
    ]
    headings = ("Question", "Answer", *(["Evidence"] if evidence else []))
    return Table("What was asked", headings, cells, text_columns=len(headings))


def parameters(found: dict[str, Any]) -> Table:
    """Return how far each array's step is from the gradient of the net's own function, at worst."""
    cells: list[tuple[str, ...]] = [
        (p["name"], _number(p["relative_error"]), signed(p["passed"], _verdict(p)))
        for p in found["gradients"]["parameters"]
    ]
    return Table("Gradients, read from single steps", ("Parameter", "Relative error", "Verdict"), cells, notes=1)


def sentences(found: dict[str, Any], *, evidence: bool = False) -> list[str]:
    """Return a sentence or two for each thing that is wrong, the certificate's, and remarks."""
    lines: list[str] = []
    for diagnosis in found["diagnoses"]:
        lines.append(f"{diagnosis['id']}: {diagnosis['sentence']}")
        lines += [f"  or {other['id']}, which makes the same steps: {other['sentence']}" for other in diagnosis["or"]]
        lines += [f"  seen: {each}" for each in diagnosis["evidence"] if evidence]
    lines += [f"And in another batch: {error}" for error in found["errors"][:1]]
    if "largest_difference" in found["certificate"]:
        lines.append(_certificate(found["certificate"]))
    return [*lines, *found["remarks"]]


def _verdict(parameter: dict[str, Any]) -> str:
    if parameter["passed"] or parameter["factor"] is None:
        return "right" if parameter["passed"] else "wrong"
    k = parameter["factor"]
    if abs(k) < 1e-9:
        return "does not move"
    size = f"{abs(k):.4g} times too large" if abs(k) > 1 else f"{1 / abs(k):.4g} times too small"
    return f"right but {size}" if k > 0 else "wrong sign" + (f", {size}" if abs(k + 1) > 1e-3 else "")


def _certificate(proof: dict[str, Any]) -> str:
    differences = ", ".join(f"{name} {_number(value)}" for name, value in proof["largest_difference"].items())
    images = f"{proof['images']:,}" + (f" of {proof['of_images']:,}" if proof["images"] < proof["of_images"] else "")
    return (
        f"{'Same' if proof['passed'] else 'Different'} network: after {images} images in step with the reference in"
        f" {proof['dtype']}, the largest differences are {differences} (limit {proof['limit']:.0e}), and"
        f" {proof['classified_differently']} of {proof['test_images']:,} test images are classified differently."
    )


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.1e}"
