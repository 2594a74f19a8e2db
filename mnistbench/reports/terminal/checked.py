"""What a check of a user's net found, as a table and in words."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mnistbench.reports.signs import signed
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal.fitting import Fitted


def findings(found: dict[str, Any]) -> Group:
    """Return what :func:`mnistbench.checking.checking.check` found: tables, then words, then the verdict."""
    verdict = signed(found["passed"], "PASSED" if found["passed"] else "FAILED")
    parts: list[RenderableType] = [Fitted(parameters(found)), Text(), Fitted(probes(found)), Text()]
    parts += [Text(sentence) for sentence in sentences(found)]
    return Group(*parts, Text(f"{verdict}: {found['net']}", "bold green" if found["passed"] else "bold red"))


def parameters(found: dict[str, Any]) -> Table:
    """Return how far each parameter's gradient is from the right one, at worst."""
    cells: list[tuple[str, ...]] = [
        (p["name"], _number(p["relative_error"]), signed(p["passed"], "right" if p["passed"] else "wrong"))
        for p in found["parameters"]
    ]
    return Table("Gradients, read from single steps", ("Parameter", "Relative error", "Verdict"), cells, notes=1)


def probes(found: dict[str, Any]) -> Table:
    """Return what else was asked of the net."""
    cells: list[tuple[str, ...]] = [
        (p["question"], signed(p["passed"], "right" if p["passed"] else "wrong")) for p in found["probes"]
    ]
    return Table("And besides", ("Asked", "Verdict"), cells, notes=1)


def sentences(found: dict[str, Any]) -> list[str]:
    """Return a sentence or two for each thing that is wrong, or the certificate's."""
    lines = []
    for diagnosis in found["diagnoses"]:
        lines.append(f"{diagnosis['id']}: {diagnosis['sentence']}")
        lines += [f"  or {other['id']}, which makes the same steps: {other['sentence']}" for other in diagnosis["or"]]
    lines += [f"And in another batch: {error}" for error in found["errors"][:1]]
    if found["certificate"]:
        lines.append(_certificate(found["certificate"]))
    return lines


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
