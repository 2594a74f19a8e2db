"""``requirements.lock.txt``: the versions of the runs, so that ``pip install -r`` brings the same.

What is no distribution (Python, BLAS, processor) stands in comments, ``# python: 3.11.7``.
"""

import re
from collections.abc import Iterable

from mnistbench.ledger import Row

FACTS = ("python", "mnistbench", "cpu", "cpu_model", "cores", "usable_cores", "os", "blas", "blas_threads",
         "git_commit")  # fmt: skip
UNLISTED = (*FACTS, "git_dirty", "peak_gflops", "numpy_product_gflops",
            "onednn_product_gflops", "host")  # fmt: skip


def text(rows: Iterable[Row]) -> str:
    """Return the file's text, from the environments of the rows; of several versions the last one counts."""
    facts: dict[str, str] = {}
    for row in rows:
        facts |= {name: str(value) for name, value in row.environment.items() if value is not None}
    comments = [f"# {name}: {' '.join(facts[name].split())}" for name in FACTS if name in facts]
    # A local version such as 2.13.0+cpu is no registry's; the public part of it is.
    pins = [f"{name}=={facts[name].partition('+')[0]}" for name in sorted(facts) if name not in UNLISTED]
    return "\n".join([*comments, *pins]) + "\n"


def read(content: str) -> dict[str, str]:
    """Return the facts and versions of such a file by name; lines of another kind are passed over."""
    found = re.findall(r"^(?:# (\w+): (.*)|([\w.-]+)==(\S+))$", content, flags=re.M)
    return {name or library: value or version for name, value, library, version in found}
