"""Runs on a Dask cluster: each task starts on its worker the same child that a local run starts here.

The only file that imports Dask. A worker takes one run at a time, by the resource ``mnistbench``; it needs
mnistbench installed and, for a dataset in a folder, the same path.
"""

import contextlib
import dataclasses
import logging
import platform
import queue
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, LocalCluster, get_worker
from distributed.utils import silence_logging_cmgr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnistbench import __version__
from mnistbench.errors import ExecutorError, printable
from mnistbench.experiment import Spec, net_files
from mnistbench.ledger import Results, Row
from mnistbench.machine import now
from mnistbench.running.child import GUARD_SECONDS, INTERRUPTED, Limits, OnEvent, run_child
from mnistbench.running.events import PROTOCOL

RESOURCE = "mnistbench"
RETRIES = 3  # after the death of a worker, on a cluster of our own; another's scheduler has its own allowed-failures
CONNECT_SECONDS = 10
WORKER_SECONDS = 10  # until the first worker that takes runs must be there
LOOK_SECONDS = 1.0  # between two looks for new workers and an interrupt
SHOWN_EVENTS = {"started", "epoch", "output"}


@dataclasses.dataclass(frozen=True)
class Task:
    """All that a worker is told: the spec, the file of a user's own net, the limits, and where its events go."""

    spec: Spec
    net_source: bytes | None
    limits: Limits
    topic: str


class Sender(BaseModel):
    """Which mnistbench has answered, and in which form its children tell of a run."""

    model_config = ConfigDict(strict=True)  # another version may tell more

    version: str = Field(max_length=80)
    protocol: int


class Reply(BaseModel):
    """What a worker answers, as JSON; the files of weights cross beside it, as bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    version: str
    protocol: int
    worker: str = Field(max_length=200)
    row: Row


@dataclasses.dataclass(frozen=True)
class DaskExecutor:
    """As many runs at a time as the cluster has workers for; without a scheduler's address, ``jobs`` workers here."""

    limits: Limits
    jobs: int = 1
    scheduler: str | None = None

    def execute(
        self, specs: Iterable[Spec], results: Results, on_event: OnEvent, stopped: Callable[[], bool]
    ) -> Iterator[Row]:
        """See :class:`~mnistbench.running.runner.Executor`.

        No more runs are handed out than there are workers: a task counts every death of the worker it is assigned to,
        even if it only waits there.

        Raises:
            ExecutorError: the scheduler cannot be reached or is lost, or its workers take no runs.
        """
        waiting = iter(specs)
        running: dict[Future[Any], Spec] = {}
        heard: queue.SimpleQueue[tuple[Spec, dict[str, Any]] | Future[Any]] = queue.SimpleQueue()
        with self._connected() as client:
            places = self._awaited_places(client, stopped)
            while True:
                while len(running) < max(places, 1) and not stopped() and (spec := next(waiting, None)):
                    results.under_way.begin(spec)
                    future = self._submit(client, spec, heard)
                    running[future] = spec
                if not running:
                    return
                if stopped():
                    client.cancel([future for future in running if not future.done()])
                try:
                    news = heard.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    places = self._places(client)
                    continue
                if not isinstance(news, Future):
                    on_event(*news)
                elif spec := running.pop(news, None):
                    yield self._row(client, news, spec, results, stopped())

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Client]:
        """Yield a client of the scheduler, or of a cluster of our own that listens on loopback alone."""
        with contextlib.ExitStack() as ends:
            ends.enter_context(silence_logging_cmgr(logging.CRITICAL))  # what matters is told as rows and errors
            if self.scheduler is None:
                ends.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": RETRIES}))
                cluster = LocalCluster(
                    n_workers=self.jobs, threads_per_worker=1, processes=True, resources={RESOURCE: 1}, memory_limit=0,
                    host="127.0.0.1", silence_logs=logging.CRITICAL,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                )  # fmt: skip
                address = ends.enter_context(cluster)
            else:
                address = self.scheduler
            try:
                client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                raise ExecutorError(
                    f"--scheduler {address}: cannot be reached ({error}); start it, or give its address,"
                    " such as tcp://127.0.0.1:8786."
                ) from error
            with ends, client:
                yield client

    def _awaited_places(self, client: Client, stopped: Callable[[], bool]) -> int:
        """Wait until there are workers that take runs, and return how many.

        Raises:
            ExecutorError: there is none after ten seconds.
        """
        deadline = time.monotonic() + WORKER_SECONDS
        while not (places := self._places(client)) and not stopped():
            if time.monotonic() > deadline:
                raise ExecutorError(
                    f"--scheduler {self.scheduler or 'of this machine'}: has had no worker for {WORKER_SECONDS} s;"
                    f' start some with: dask worker --resources "{RESOURCE}=1"'
                )
            time.sleep(GUARD_SECONDS)
        return places

    def _places(self, client: Client) -> int:
        """Return how many workers take runs.

        Raises:
            ExecutorError: there are workers and none does, or the scheduler is lost.
        """
        try:
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
        except OSError as error:
            raise self._lost() from error
        places = sum(1 for worker in workers if worker["resources"].get(RESOURCE))
        if workers and not places:
            raise ExecutorError(
                f"--scheduler {self.scheduler}: none of its workers takes runs;"
                f' start them with: dask worker --resources "{RESOURCE}=1"'
            )
        return places

    def _submit(self, client: Client, spec: Spec, heard: "queue.SimpleQueue[Any]") -> "Future[Any]":
        topic = f"mnistbench-{uuid.uuid4().hex}"
        file = net_files.parse(spec.net)
        client.subscribe_topic(topic, lambda event: heard.put((spec, event[1])))
        task = Task(spec, file.source if file else None, self.limits, topic)
        future = client.submit(run_task, task, resources={RESOURCE: 1}, key=topic, pure=False)
        future.add_done_callback(heard.put)
        return future

    def _row(self, client: Client, future: "Future[Any]", spec: Spec, results: Results, stopped: bool) -> Row:
        """Write the weights that a task has sent, and return its row, or one that says why there are none."""
        client.unsubscribe_topic(future.key)
        if future.status == "finished":
            try:
                reply, files = read_reply(future.result(), spec)
            except ExecutorError as error:
                return Row(spec=spec, status="error", error=printable(str(error)), started_at=now())
            for name, content in files.items():
                results.write_weights(name, spec, content)
            return reply.row.model_copy(update={"jobs": self._neighbours(client, reply.worker)})
        if stopped:
            return Row.model_validate({"spec": spec, "started_at": now()} | INTERRUPTED)
        if future.status != "error":
            raise self._lost()
        return Row(spec=spec, status="error", error=printable(f"Dask: {future.exception()}"), started_at=now())

    def _neighbours(self, client: Client, host: str) -> int:
        """Return how many workers a host has; one, where the scheduler can no longer say."""
        try:
            workers = client.scheduler_info(n_workers=-1)["workers"]
        except OSError:
            return 1
        return max(len([address for address in workers if urlsplit(address).hostname == host]), 1)

    def _lost(self) -> ExecutorError:
        return ExecutorError(
            f"the connection to the scheduler {self.scheduler or 'of this machine'} is lost; what is finished is kept:"
            " start the scheduler again, and the same command runs the rest."
        )


def read_reply(answer: object, spec: Spec) -> tuple[Reply, dict[str, bytes]]:
    """Return what a worker has answered to a spec: its reply, and its files of weights.

    Raises:
        ExecutorError: it is of another version, of another spec, or no answer.
    """
    strange = ExecutorError("Dask: the worker's answer is none of this program's; give every worker the same version")
    match answer:
        case [str() | bytes() as text, dict() as files]:
            pass
        case _:
            raise strange
    try:
        sender = Sender.model_validate_json(text)
        if (sender.version, sender.protocol) != (__version__, PROTOCOL):
            raise ExecutorError(
                f"Dask: the worker has mnistbench {sender.version} (protocol {sender.protocol}) and this is"
                f" {__version__} (protocol {PROTOCOL}); install the same version on every worker"
            )
        reply = Reply.model_validate_json(text)
    except ValidationError as error:
        raise strange from error
    known = Results(Path()).weights_files(spec)
    if reply.row.spec != spec:
        raise ExecutorError(f"Dask: the worker has answered with the row of another run, {reply.row.spec.run_id}")
    if not all(name in known and isinstance(content, bytes) for name, content in files.items()):
        raise strange
    return reply, files


def run_task(task: Task) -> tuple[str, dict[str, bytes]]:
    """Run one spec in a child of this worker; return a :class:`Reply` as JSON, and its weights as files.

    The child ends when the task is no longer wanted: it was cancelled, or the sweep that sent it is gone.
    """
    worker = get_worker()
    key = worker.get_current_task()

    def unwanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is None or state.state == "cancelled"

    def tell(_: Spec, event: dict[str, Any]) -> None:
        if SHOWN_EVENTS & event.keys():
            worker.log_event(task.topic, event)

    # Below the worker's own folder, which Dask removes even after a kill.
    with tempfile.TemporaryDirectory(prefix="mnistbench-", dir=worker.local_directory) as folder:
        results = Results(Path(folder))
        spec = task.spec
        file = net_files.parse(spec.net)
        if file:
            copy = Path(folder) / file.path.name
            copy.write_bytes(task.net_source or b"")
            spec = dataclasses.replace(spec, net=f"{copy}:{file.class_name}")
        row = run_child(spec, results, task.limits, tell, unwanted)
        files = {name: each.read_bytes() for name, each in results.weights_files(spec).items() if each.exists()}
    told = row.error.replace(spec.net.rpartition(":")[0], task.spec.net.rpartition(":")[0]) if file else row.error
    known = {"spec": task.spec, "error": told, "environment": row.environment | {"host": platform.node()}}
    reply = Reply(version=__version__, protocol=PROTOCOL, worker=worker.ip, row=row.model_copy(update=known))
    return reply.model_dump_json(), files
