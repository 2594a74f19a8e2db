"""Runs on this machine: some children side by side, each on cores of its own."""

import dataclasses
import functools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from mnistbench.experiment import Spec
from mnistbench.ledger import Results, Row
from mnistbench.running.child import Limits, OnEvent, run_child


@dataclasses.dataclass(frozen=True)
class LocalExecutor:
    """Up to ``jobs`` children at a time, in the order of the specs."""

    limits: Limits
    jobs: int = 1

    def execute(
        self, specs: Iterable[Spec], results: Results, on_event: OnEvent, stopped: Callable[[], bool]
    ) -> Iterator[Row]:
        """See :class:`~mnistbench.running.runner.Executor`. A thread a child; all events are told in this one."""
        todo = list(specs)
        jobs = min(self.jobs, len(todo))
        waiting = iter(todo)
        heard: queue.SimpleQueue[tuple[Spec, dict[str, Any]] | Future[Row]] = queue.SimpleQueue()
        closed = threading.Event()
        watch = functools.partial(
            run_child,
            results=results,
            limits=self.limits,
            on_event=lambda spec, event: heard.put((spec, event)),
            stopped=lambda: stopped() or closed.is_set(),
        )
        running = 0
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while True:
                    while running < jobs and not stopped() and (spec := next(waiting, None)):
                        results.under_way.begin(spec)
                        pool.submit(watch, spec).add_done_callback(heard.put)
                        running += 1
                    if not running:
                        return
                    news = heard.get()
                    if isinstance(news, Future):
                        running -= 1
                        yield news.result().model_copy(update={"jobs": jobs})
                    else:
                        on_event(*news)
            finally:
                closed.set()
