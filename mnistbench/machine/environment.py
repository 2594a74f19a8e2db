"""Facts about the machine, the libraries and the project that stand beside a run's figures."""

import datetime
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

Facts = dict[str, str | int | float | bool | None]


def machine() -> Facts:
    """Return the processor, its cores, the operating system and Python's version.

    Virtual machines give processors of several generations one name; ``cpu_model`` is family, model and stepping.
    """
    return {
        "cpu": _of_cpu("model name") or platform.processor() or platform.machine(),
        "cpu_model": _of_cpu("cpu family", "model", "stepping"),
        "cores": os.cpu_count(),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "mnistbench": importlib.metadata.version("mnistbench"),
    }


def now() -> str:
    """Return the time in UTC, as rows have it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def libraries(distributions: Iterable[str]) -> Facts:
    """Return the version of each installed distribution."""
    return {name: importlib.metadata.version(name) for name in distributions}


def blas() -> Facts:
    """Return NumPy's BLAS as it is loaded in this process: name, kernel and threads."""
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not pools:
        return {"blas": "unknown"}
    pool = pools[0]
    return {
        "blas": f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip(),
        "blas_threads": pool["num_threads"],
    }


def blas_threads() -> int:
    """Return the threads of the BLAS in this process, which does the matrix products; all else runs on one."""
    from threadpoolctl import threadpool_info

    return max((int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)


def project() -> Facts:
    """Return the commit of the project's own checkout, and whether it has uncommitted changes; nothing elsewhere."""
    package = Path(__file__).parents[1]

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(package), *arguments],  # noqa: S607 (the user's own git is meant)
                capture_output=True, text=True, check=True, timeout=10,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    if git("ls-files", "--error-unmatch", "__init__.py") is None:  # installed, or inside somebody else's checkout
        return {}
    return {
        "git_commit": git("rev-parse", "HEAD"),
        "git_dirty": bool(git("status", "--porcelain", "--", ":/mnistbench")),
    }


def involuntary_switches() -> int:
    """Return how often the processor was taken so far from a thread of this process, or of its ended children."""
    return sum(resource.getrusage(who).ru_nivcsw for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def load_average() -> float | None:
    """Return how many threads on this machine have run or waited for a core, on average over the last minute."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def peak_rss_mib(pid: int | None = None) -> float:
    """Return the most memory that this process has had resident, or the largest of another and its descendants, in MiB.

    Linux's own VmHWM comes first: what ``getrusage`` reports there begins with the parent's size.
    """
    if pid is not None:
        from mnistbench.machine.process_tree import process_tree

        if tree := process_tree(pid):
            return max(_high_water(each.pid) for each in tree)
    if found := _high_water(os.getpid()):
        return found
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _high_water(pid: int) -> float:
    """Return Linux's VmHWM of a process, in MiB; 0 where it is not told."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return 0.0


def _of_cpu(*names: str) -> str | None:
    """Return what Linux tells of the first processor, such as ``26 2 1``; ``None`` elsewhere."""
    try:
        lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines())
    except OSError:
        return None
    told = {name.strip(): value.strip() for name, _, value in lines}
    return " ".join(told[name] for name in names if name in told) or None
