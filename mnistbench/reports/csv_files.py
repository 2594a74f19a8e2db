"""The CSV files: full precision, one line a run, an epoch or a summary. Text in them is inert in a spreadsheet."""

import re
from typing import Any

import pandas as pd

from mnistbench.ledger import Row
from mnistbench.reports import tables
from mnistbench.reports.columns import EPOCH_COLUMNS, POINT

_ENDS = frozenset("\t\r\n")  # of a cell or a line, where a cell begins
# At the start of a cell, or behind a semicolon, at which a spreadsheet may cut cells too; wide signs count as narrow.
_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@;\uff1d\uff0b\uff0d\uff20])")


def to_csv(frame: pd.DataFrame) -> str:
    """Return a table as CSV; a text that a spreadsheet would take for a formula gets a quote in front."""
    columns = {name: pd.Series([_inert(value) for value in frame[name]], dtype=object) for name in frame}
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")


def epochs_frame(rows: list[Row]) -> pd.DataFrame:
    """Return one line for each epoch of each run."""
    settings = ("net", "seed", *POINT)
    lines = [
        [*(record[name] for name in ("run_id", *settings)), *(getattr(score, name) for name in EPOCH_COLUMNS)]
        for row in rows
        for record in [tables.record(row)]
        for score in row.history
    ]
    return pd.DataFrame(lines, columns=["run_id", *settings, *EPOCH_COLUMNS])


def _inert(value: Any) -> Any:
    """Keep a text on one line and out of the spreadsheet's formulas (https://owasp.org/www-community/attacks/CSV_Injection)."""
    if not isinstance(value, str):
        return value
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value)
    begins_as_a_line = value[:1] in _ENDS
    return "'" + line if begins_as_a_line else _FORMULA.sub(r"\1'", line)
