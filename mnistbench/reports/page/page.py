"""``report.html``: one file that opens offline. Jinja2 escapes all text; a policy in the page lets no request out.

The page's parts are ``report.html.j2``, ``report.css`` and ``report.js`` beside this file.
"""

import base64
import dataclasses
import hashlib
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup

from mnistbench.judging import stats
from mnistbench.reports import tables
from mnistbench.reports.columns import BY_NAME, FIGURES, POINT
from mnistbench.reports.method import HOW_MEASURED
from mnistbench.reports.palette import INK, look
from mnistbench.reports.pictures.drawing import Panel, Picture, with_ids
from mnistbench.reports.verdicts import varied_settings

if TYPE_CHECKING:
    from mnistbench.reports.report import Report

HERE = Path(__file__).parent
HIGHER_IS_BETTER = ("test_accuracy", "train_accuracy")
TEXT_COLUMNS = ("run_id", "net", "dtype", "protocol", "dataset", "status", "flags", "error")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell: what it shows, what it is sorted by, and what stands beside it."""

    text: str
    value: str | float = ""
    is_best: bool = False
    published: str = ""


def html(report: "Report", pictures: Sequence[Picture]) -> str:
    """Return the whole page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    script = (HERE / "report.js").read_text(encoding="utf-8")
    facts = tables.facts(report.rows)
    number = itertools.count(1)
    run_columns = _run_columns(report.attempts)
    return environment.get_template("report.html.j2").render(
        report=report,
        style=Markup((HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        script_sha256=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        quick_notice=tables.QUICK_NOTICE if report.runs["quick"].any() else "",
        comparison_headings=_comparison_headings(report.summary),
        comparison=_comparison(report.summary),
        answer=report.experiment.name,
        circumstances="",
        verdicts=[],
        notices=report.sentences,
        pictures=pictures,
        inline=lambda panel: Markup(_inline(panel, f"{next(number)}.")),  # noqa: S704 (matplotlib escapes)
        parts=[part for part in report.parts if part != facts],
        facts=facts,
        flag=tables.FLAG,
        run_headings=[(BY_NAME[name].heading, name not in TEXT_COLUMNS) for name in run_columns],
        runs=[_run(line, run_columns) for _, line in report.attempts.iterrows()],
        nets=list(dict.fromkeys(report.attempts["net"])),
        statuses=list(dict.fromkeys(report.attempts["status"])),
        colour=lambda net: look(net).colour,
        how_measured=[" ".join(item.split()) for item in re.split(r"^- ", HOW_MEASURED, flags=re.M) if item],
        config=report.experiment.to_yaml().strip(),
    )


def _comparison_headings(summary: pd.DataFrame) -> list[tuple[str, bool]]:
    names = [*varied_settings(summary), "net", *FIGURES]
    return [(BY_NAME[name].heading, name not in TEXT_COLUMNS) for name in names]


def _comparison(summary: pd.DataFrame) -> list[tuple[str, bool, list[Cell]]]:
    """Return a line for each net at each point: the net, whether a run of it is flagged, and its cells."""
    varied = varied_settings(summary)
    published = stats.with_published(summary, FIGURES).set_index([*POINT, "net"])
    lines = []
    for _, nets in summary.groupby(list(POINT), sort=False):
        best = {name: _best(nets, name) for name in FIGURES} if len(nets) > 1 else {}
        for _, line in nets.iterrows():
            key = (*(line[name] for name in POINT), line["net"])
            theirs = published.loc[key] if key in published.index else None
            cells = [Cell(BY_NAME[name].show(line[name]), line[name]) for name in varied]
            cells.append(Cell(str(line["net"]), str(line["net"])))
            cells += [_figure(line, name, best.get(name), theirs) for name in FIGURES]
            lines.append((str(line["net"]), bool(line["flagged"]), cells))
    return lines


def _best(nets: pd.DataFrame, name: str) -> str:
    """Return the best mean of a point as it is shown: what reads alike is equally good."""
    means = nets[f"{name}_mean"]
    return BY_NAME[name].show(means.max() if name in HIGHER_IS_BETTER else means.min())


def _figure(line: "pd.Series[Any]", name: str, best: str | None, published: "pd.Series[Any] | None") -> Cell:
    column = BY_NAME[name]
    mean = column.show(line[f"{name}_mean"])
    spread = f" ± {column.show(line[f'{name}_sd'])}" if line["n"] > 1 else ""
    beside = "" if published is None else column.show(published[f"{name}_published"])
    return Cell(mean + spread, float(line[f"{name}_mean"]), mean == best, beside)


def _run_columns(attempts: pd.DataFrame) -> list[str]:
    """Return what is shown of every run: its point and what else differs, its outcome, its flags."""
    settings = [name for name in POINT if name in stats.SETTING or attempts[name].nunique() > 1]
    attempt = ["attempt"] if (attempts["attempt"] > 1).any() else []
    outcome = ["status", *FIGURES, "steady_epoch_seconds", "peak_rss_mib", "flags", "error"]
    return ["run_id", "net", *settings, "seed", *attempt, *outcome]


def _run(line: "pd.Series[Any]", names: list[str]) -> dict[str, Any]:
    return {
        "net": line["net"],
        "status": line["status"],
        "cells": [
            (name, Cell(BY_NAME[name].show(line[name]), "" if line[name] is None else line[name])) for name in names
        ],
    }


def _inline(panel: Panel, prefix: str) -> str:
    """Return a panel's SVG for a page: the page's ink, and ids that no other panel has."""
    svg = with_ids(panel.svg, prefix).replace(INK, "currentColor")
    return re.sub(r"^<svg ", '<svg aria-hidden="true" focusable="false" ', svg)
