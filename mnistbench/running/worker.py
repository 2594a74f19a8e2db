"""The child's entry, ``python -m mnistbench.running.worker``: one job in, events out, one job a process.

The job is one line of JSON on standard input; events are lines of JSON on standard output. Nothing
numerical is imported before the process has been put on its cores.
"""

import dataclasses
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mnistbench.errors import DivergedError, MissingLibraryError, MnistbenchError, NetError
from mnistbench.experiment import NETS, Spec
from mnistbench.machine import adopt_orphans, die_with_parent, end_descendants

Emit = Callable[[dict[str, Any]], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """What a child is told to do, and the cores it may use."""

    cores: list[int]

    @property
    def epochs(self) -> int:
        """Return how many epochs the job may tell of."""
        return 0

    @property
    def has_users_net(self) -> bool:
        """Say whether the job starts the process of a user's own net."""
        return True

    def to_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps({"job": type(self).__name__} | dataclasses.asdict(self))

    def do(self, emit: Emit) -> None:
        """Do the job and tell what was measured."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunJob(Job):
    """One run: the spec, where its files go, and when the child was started."""

    spec: Spec
    model_file: str
    trajectory_file: str
    spawned_at: float
    is_judged: bool = False
    """What a user's net did is told beside the reference's."""

    @property
    def epochs(self) -> int:
        """Return how many epochs the run has."""
        return self.spec.epochs

    @property
    def has_users_net(self) -> bool:
        """Say whether the run's net is a user's own."""
        return self.spec.net not in NETS

    def do(self, emit: Emit) -> None:
        """Train and score."""
        from mnistbench.running import training

        try:
            training.run(
                self.spec,
                spawned_at=self.spawned_at,
                model_file=Path(self.model_file),
                trajectory_file=Path(self.trajectory_file),
                emit=emit,
                is_judged=self.is_judged,
            )
        except (NetError, DivergedError) as error:  # the net's own; the reference does neither where a run is judged
            if self.is_judged:
                from mnistbench.checking import Beside

                emit({"measured": {"beside": Beside(False, str(error))._asdict()}})
            raise


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckJob(Job):
    """One check of a user's net, ``FILE.py:CLASS``, within so many seconds."""

    net: str
    seconds: float
    accept_other_networks: bool = False
    any_loop: bool = False
    secret: int = 0
    run_follows: bool = False

    def do(self, emit: Emit) -> None:
        """Read the code, check, tell each question as it is asked, and tell what was found."""
        from mnistbench.checking import check
        from mnistbench.experiment import code_facts

        emit({"measured": {"code": code_facts(self.net)}})
        found = check(
            self.net,
            "mnist",
            seconds=self.seconds,
            accept_other_networks=self.accept_other_networks,
            any_loop=self.any_loop,
            secret=self.secret,
            run_follows=self.run_follows,
            on_question=lambda number, words: emit({"question": number, "words": words}),
        )
        emit({"measured": {"check": found}})


def read_job(line: str) -> Job:
    """Read what :meth:`Job.to_json` wrote."""
    values = json.loads(line)
    if values.pop("job") == CheckJob.__name__:
        return CheckJob(**values)
    return RunJob(**values | {"spec": Spec(**values["spec"])})


def main() -> None:
    """Run the job on standard input and leave."""
    # Events get a stream of their own; whatever a library prints goes to standard error instead.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = read_job(sys.stdin.readline())
    parent = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a net that asks for input gets an error, and waits for nothing
    threading.Thread(target=die_with_parent, args=(parent,), daemon=True).start()
    if job.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job.cores)

    if job.has_users_net:
        adopt_orphans()

    def emit(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    try:
        job.do(emit)  # only now, on our own cores, may NumPy and the framework start their threads
        emit({"ended": {"status": "ok", "error": ""}})
    except DivergedError as error:
        emit({"ended": {"status": "diverged", "error": str(error)}})
    except MissingLibraryError as error:
        emit({"ended": {"status": "skipped", "error": str(error)}})
    except Exception as error:
        traceback.print_exc()
        reason = str(error) if isinstance(error, MnistbenchError) else f"{type(error).__name__}: {error}"
        emit({"ended": {"status": "error", "error": reason[:2000]}})
    sys.stderr.flush()
    if job.has_users_net:  # it may have left others behind
        end_descendants()
    os._exit(0)  # a framework's own clean-up would only be waited for


if __name__ == "__main__":
    main()
