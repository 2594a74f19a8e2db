"""``report.html``: one file that opens offline. Jinja2 escapes all text; a policy in the page lets no request out.

The parts of a report's page are ``report.html.j2``, ``report.css`` and ``report.js`` beside this file; other pages
share its ``pieces.html.j2``.
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
from markupsafe import Markup, escape

from mnistbench.judging import stats
from mnistbench.reports import signs, tables
from mnistbench.reports.columns import BY_NAME, FIGURES, POINT
from mnistbench.reports.method import HOW_MEASURED
from mnistbench.reports.page import matrix
from mnistbench.reports.palette import INK, look
from mnistbench.reports.pictures.drawing import Panel, Picture, with_ids
from mnistbench.reports.tables import Table

if TYPE_CHECKING:
    from mnistbench.reports.report import Report

HERE = Path(__file__).parent
SIGNS = {"pass": signs.PASS, "shown": "●", "fail": signs.FAIL, "no verdict": signs.NONE}
TEXT_COLUMNS = ("run_id", "net", "dtype", "protocol", "dataset", "status", "flags", "error")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell: what it shows, and what it is sorted by."""

    text: str
    value: str | float = ""


def html(report: "Report", pictures: Sequence[Picture]) -> str:
    """Return the whole page."""
    facts = tables.facts(report.rows)
    run_columns = _run_columns(report.attempts)
    return offline_page(
        HERE / "report.html.j2",
        report=report,
        quick_notice=tables.QUICK_NOTICE if report.runs["quick"].any() else "",
        signs=SIGNS,
        remark_colour=signs.colour,
        matrix=matrix.make(report),
        results=report.results[-1] if report.results else None,
        pictures=pictures,
        parts=[part for part in report.parts if part != facts],
        facts=facts,
        flag=tables.FLAG,
        run_headings=[(BY_NAME[name].heading, name not in TEXT_COLUMNS) for name in run_columns],
        runs=[] if report.is_large else [_run(line, run_columns) for _, line in report.attempts.iterrows()],
        many_notice="".join(report.size_notice) or "There are no runs yet.",
        nets=list(dict.fromkeys(report.attempts["net"])),
        statuses=list(dict.fromkeys(report.attempts["status"])),
        colour=lambda net: look(net).colour,
        how_measured=[" ".join(item.split()) for item in re.split(r"^- ", HOW_MEASURED, flags=re.M) if item],
        config=report.experiment.to_yaml().strip(),
    )


def sheet(title: str, answer: str, notices: Sequence[str], parts: Sequence[Table], picture: Picture | None) -> str:
    """Return a page of one answer, what must be known of it, its first table, a picture, and the other tables."""
    template = HERE / "sheet.html.j2"
    return offline_page(template, title=title, answer=answer, notices=notices, parts=parts, picture=picture)


def offline_page(template: Path, **values: Any) -> str:
    """Return a template with the style and the script that all pages have; a policy lets nothing in but what is in it.

    All ``values`` are escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, HERE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    script = (HERE / "report.js").read_text(encoding="utf-8")
    number = itertools.count(1)
    return environment.get_template(template.name).render(
        style=Markup((HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        script_sha256=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        prose=_prose,
        inline=lambda panel: Markup(_inline(panel, f"{next(number)}.")),  # noqa: S704 (matplotlib escapes)
        **values,
    )


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


def _prose(sentence: str) -> Markup:
    """Return a sentence for a page: what is typed as code, a range whole, a number with its unit or its name."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence)))
    text = re.sub(r"(?<=\d) (?=%|×|s\b)|(?<=\bH) (?== )|(?<=\bH =) ", "&nbsp;", text)
    return Markup(re.sub(r"[\d.]+–[\d.]*\d", r'<span class="whole">\g<0></span>', text))  # noqa: S704 (escaped)


def _inline(panel: Panel, prefix: str) -> str:
    """Return a panel's SVG for a page: the page's ink, and ids that no other panel has."""
    svg = with_ids(panel.svg, prefix).replace(INK, "currentColor")
    return re.sub(r"^<svg ", '<svg aria-hidden="true" focusable="false" ', svg)
