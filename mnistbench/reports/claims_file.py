"""``claims.json``: what a report claims, as data that can be tested again.

One object: ``schema_version``; ``rules``, each rule's name and what it says; ``claims``, a list with the fields of
:class:`~mnistbench.judging.Claim`. Numbers are raw: seconds, fractions, nats. What is not known is ``null``.
"""

import dataclasses
import json
from collections.abc import Sequence

from mnistbench.experiment import Spec
from mnistbench.judging import Claim, claims


def text(made: Sequence[Claim]) -> str:
    """Return the file's text, a claim a line."""
    lines = ",\n".join(f"  {json.dumps(claim.to_json(), ensure_ascii=False, allow_nan=False)}" for claim in made)
    rules = json.dumps(claims.RULES, ensure_ascii=False, indent=2).replace("\n", "\n ")
    return f'{{\n "schema_version": {claims.SCHEMA_VERSION},\n "rules": {rules},\n "claims": [\n{lines}\n ]\n}}\n'


def read(content: str) -> list[Claim]:
    """Return the claims of such a file; a setting that is younger than it is at its default.

    Raises:
        ValueError: its schema is another one.
    """
    stored = json.loads(content)
    if stored["schema_version"] != claims.SCHEMA_VERSION:
        raise ValueError(f"its schema is version {stored['schema_version']}, and {claims.SCHEMA_VERSION} is read here")
    settings = {field.name: field.default for field in dataclasses.fields(Spec) if field.default != dataclasses.MISSING}
    return [Claim.from_json({**values, "point": settings | values["point"]}) for values in stored["claims"]]
