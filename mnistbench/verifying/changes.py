"""What differs between two sides: processor, cores, versions, BLAS, threads, dtype, data."""

from mnistbench.reports import Table, columns
from mnistbench.verifying.side import Side

OF_RUNS = ("machine", "threads", "effective_threads", "jobs", "dtype", "protocol", "dataset", "data_sha256", "quick",
           "secret")  # fmt: skip
MACHINE = ("cpu", "cpu_model", "usable_cores", "blas", "blas_threads", "python", "numpy", "mnistbench")
LIBRARIES = {
    "keras": ("keras", "tensorflow"), "keras-tuned": ("keras", "tensorflow"), "keras-jax": ("keras", "jax", "jaxlib"),
    "keras-torch": ("keras", "torch"), "torch": ("torch",), "jax": ("jax", "jaxlib"),
    "sklearn": ("scikit-learn", "scipy"),
}  # fmt: skip


def values(old: Side, new: Side) -> dict[str, list[str]]:
    """Return each fact that differs, with its value on the old and on the new side."""
    theirs, ours = facts(old), facts(new)
    return {
        name: [theirs.get(name, columns.MISSING), ours.get(name, columns.MISSING)]
        for name in dict.fromkeys((*theirs, *ours))
        if theirs.get(name) != ours.get(name)
    }


def facts(side: Side) -> dict[str, str]:
    """Return all that is known of a side: of its runs, then of its machine and versions."""
    found = {
        name: ", ".join(dict.fromkeys(str(value) for value in side.runs[name].dropna()))
        for name in OF_RUNS
        if name in side.runs
    }
    return {name: value for name, value in found.items() if value} | dict(side.facts)


def table(old: Side, new: Side) -> Table:
    """Return what differs, a line a fact."""
    cells: list[tuple[str, ...]] = [
        (columns.BY_NAME[name].heading if name in columns.BY_NAME else name, *both)
        for name, both in values(old, new).items()
    ]
    return Table("What differs between the two", ("Fact", "Old", "New"), cells, text_columns=3)


def other_data(old: Side, new: Side) -> bool:
    """Say whether the two were trained on data of other checksums."""
    theirs, ours = (set(side.runs["data_sha256"].dropna()) for side in (old, new))
    return bool(theirs and ours and theirs != ours)


def unlike(old: Side, new: Side, net: str) -> str:
    """Return what may make a net's weights differ between the sides; empty where all that counts is known and equal."""
    changed = values(old, new)
    asked = ("machine", "effective_threads", "jobs", "data_sha256", *MACHINE, *LIBRARIES.get(net, ()))
    found = next((name for name in asked if name in changed), None)
    if found:
        return f"{found} differs" if columns.MISSING not in changed[found] else f"{found} is not known on both sides"
    known = facts(new)
    unknown = next((name for name in ("numpy", "blas", *LIBRARIES.get(net, ())) if name not in known), None)
    return f"the version of {unknown} is not known" if unknown else ""
