"""The results as tables: every figure of each net at each point, and the two times as net × point."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mnistbench.judging import Claim, claims, stats
from mnistbench.reports.columns import BY_NAME, FIGURES, MISSING, POINT, PUBLISHED_COLUMNS
from mnistbench.reports.names import NET_NAMES, varied_settings, where
from mnistbench.reports.signs import signed
from mnistbench.reports.tables import FLAG, Table
from mnistbench.reports.verdicts import digits_of, mean_and_sd, span

SHOWN = ("time_seconds", "steady_epoch_seconds", "test_accuracy", "test_loss", "train_accuracy", "train_loss")
MATRICES = {
    "faster_to_end": ("time_seconds", "time_ratio", "Seconds to the end of training, building and compiling included"),
    "faster_steady_epoch": ("steady_epoch_seconds", "steady_epoch_ratio", "Seconds of one steady epoch"),
}


def table(runs: pd.DataFrame, summary: pd.DataFrame, made: Sequence[Claim], short: Mapping[str, str]) -> Table:
    """Return a line for each net at each point, the published figures beside ours, and what is to be said of each.

    A net none of whose runs is ok stands there too, with its reason.
    """
    varied = varied_settings(runs)
    published = stats.with_published(summary, FIGURES).set_index([*POINT, "net"])
    ours = summary.set_index([*POINT, "net"])
    names = [name for name in SHOWN if name == "time_seconds" or ours[f"{name}_mean"].notna().any()]
    beside = PUBLISHED_COLUMNS if len(published) else ()
    said = _said(made)
    cells = []
    groups: Any = list(runs.groupby([*POINT, "net"], sort=False))
    for key, lines in groups:
        first = lines.iloc[0]
        own = ours.loc[key] if key in ours.index else None
        theirs = published.loc[key] if key in published.index else None
        cells.append((
            *(BY_NAME[name].show(first[name]) for name in varied),
            short[str(first["net"])] + (f" {FLAG}" if own is not None and own["flagged"] else ""),
            *(MISSING if own is None else mean_and_sd(own, name) for name in names),
            *(MISSING if theirs is None else BY_NAME[name].show(theirs[name]) for name in beside),
            "; ".join([*_failures(lines), *said.get(key, [])]),
        ))  # fmt: skip
    shown = [BY_NAME[name] for name in (*varied, "net", *names, *beside, "remark")]
    has_remarks = any(line[-1] for line in cells)
    return Table(
        "Results" + ("; means over seeds" if (summary["n"] > 1).any() else ""),
        tuple(column.heading for column in shown)[: None if has_remarks else -1],
        [line if has_remarks else line[:-1] for line in cells],
        text_columns=len(varied) + 1,
        notes=int(has_remarks),
        ranks=tuple(column.rank for column in shown)[: None if has_remarks else -1],
        best=_leading([key for key, _ in groups], names, len(varied) + 1, made),
    )


def _leading(
    keys: Iterable[Any], names: Sequence[str], first: int, made: Sequence[Claim]
) -> frozenset[tuple[int, int]]:
    """Return the line and column of each figure that is shown to be the best; ``first`` is the first one's column."""
    best = claims.best(made)
    return frozenset(
        (line, first + index)
        for line, (*point, net) in enumerate(keys)
        for index, name in enumerate(names)
        if best.get((*point, name)) == net
    )


def _failures(lines: pd.DataFrame) -> list[str]:
    """Return why runs of a net at a point failed."""
    failed = lines[lines["status"] != "ok"]
    told = []
    for (status, error), runs in failed.groupby(["status", "error"], sort=False):
        which = "" if len(lines) == 1 else f"{len(runs)} of {len(lines)} seeds "
        told.append(signed(False, f"{which}{status}" + (f": {error}" if error else "")))
    return told


def _said(made: Sequence[Claim]) -> dict[tuple[Any, ...], list[str]]:
    """Return for each point and net why it is not compared, and whether the published row is reproduced."""
    said: dict[tuple[Any, ...], list[str]] = {}
    for claim in made:
        remarks = said.setdefault((*claim.point.values(), claim.nets[0]), [])
        if claim.kind == "not_compared" and claim.rule not in ("no_run", "trial"):
            remarks.append(signed(None, f"not compared: {claim.reason}"))
        elif claim.kind == "reproduced":
            remarks.append(signed(claim.holds, "reproduced" if claim.holds else "differs from the published row"))
    return said


def matrices(
    runs: pd.DataFrame, summary: pd.DataFrame, pairs: pd.DataFrame, made: Sequence[Claim], short: Mapping[str, str]
) -> list[Table]:
    """Return the two times, a line a net and a column a point: seconds, and how many times the reference's they are.

    Seconds are medians over seeds; the ratio has its 95 % interval where there are several. A net that is not
    compared, and the reference itself, have no ratio.
    """
    ok = runs[runs["status"] == "ok"]
    if ok["net"].nunique() < 2:
        return []
    return [found for kind in MATRICES if (found := _matrix(kind, ok, summary, pairs, made, short))]


def _matrix(
    kind: str,
    ok: pd.DataFrame,
    summary: pd.DataFrame,
    pairs: pd.DataFrame,
    made: Sequence[Claim],
    short: Mapping[str, str],
) -> Table | None:
    seconds, ratio, title = MATRICES[kind]
    shown = _seconds(ok, summary, seconds)
    if not shown:
        return None
    told = {(*claim.point.values(), frozenset(claim.nets)) for claim in made if claim.kind == kind}
    beside = {}
    for _, line in pairs.iterrows():
        key = tuple(line[name] for name in POINT)
        if (*key, frozenset((line["net"], line["reference"]))) in told:
            beside[(*key, line["net"])] = f" · {_ratio(line, ratio)}"
    points = list(dict.fromkeys(key[:-1] for key in shown))
    nets = list(dict.fromkeys(key[-1] for key in shown))
    cells = [(short[net], *(shown.get((*p, net), MISSING) + beside.get((*p, net), "") for p in points)) for net in nets]
    leading = claims.best(made)
    best = frozenset(
        (line, column)
        for line, net in enumerate(nets)
        for column, point in enumerate(points, 1)
        if leading.get((*point, seconds)) == net
    )
    varied = varied_settings(ok)
    headings = (where(dict(zip(POINT, point, strict=True)), varied) for point in points)
    references = [NET_NAMES.get(net, short.get(net, net)) for net in dict.fromkeys(pairs["reference"])]
    if (summary["n"] > 1).any():
        title += "; medians over seeds"
    if beside:
        title += f"; ×: times {' or '.join(references)}'s"
    return Table(title, ("Net", *headings), cells, stacks=True, best=best)


def _seconds(ok: pd.DataFrame, summary: pd.DataFrame, name: str) -> dict[tuple[Any, ...], str]:
    """Return what is shown of a time of each net at each point: the median over seeds, or the one run's with its ±."""
    key = [*POINT, "net"]
    medians = ok.astype({name: float}).groupby(key, sort=False)[name].median().dropna()
    alone = {tuple(line[part] for part in key): mean_and_sd(line, name)
             for _, line in summary[summary["n"] == 1].iterrows()}  # fmt: skip
    shown: dict[Any, str] = medians.map(BY_NAME[name].show).to_dict()
    return shown | {at: text for at, text in alone.items() if at in shown}


def _ratio(line: "pd.Series[Any]", name: str) -> str:
    ratio, low, high = (float(line[f"{name}{part}"]) for part in ("", "_low", "_high"))
    ends = [] if low != low else [low, high]
    count = digits_of([ratio], ends)
    return f"{ratio:.{count}f} ×" + (f" ({span(ends, count)})" if ends else "")
