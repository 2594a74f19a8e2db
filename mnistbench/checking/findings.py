"""What a check found, as an object. Standard library only: the parent has it, and never the check itself."""

import dataclasses
import html
from typing import Any


@dataclasses.dataclass(frozen=True, repr=False)
class Findings:
    """What :func:`mnistbench.check` found of one net; ``found`` is what ``mnistbench check --json`` prints."""

    found: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Say whether the net is right."""
        return bool(self.found["passed"])

    @property
    def diagnoses(self) -> list[dict[str, Any]]:
        """Return each mistake: its ``id``, its ``sentence``, and under ``or`` those that make the very same steps."""
        return list(self.found["diagnoses"])

    def to_dict(self) -> dict[str, Any]:
        """Return all that was found, ready for JSON."""
        return self.found

    def __repr__(self) -> str:
        verdict = f"{'PASSED' if self.passed else 'FAILED'}: {self.found['net']}"
        return "\n".join([verdict, *(f"{each['id']}: {each['sentence']}" for each in self.diagnoses)])

    def _repr_html_(self) -> str:
        verdict, *lines = map(html.escape, repr(self).splitlines())
        return f"<p><b>{verdict}</b></p>" + "".join(f"<p>{line}</p>" for line in lines)
