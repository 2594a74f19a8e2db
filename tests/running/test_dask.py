"""Real Dask clusters of real worker processes on loopback, and what is done to them."""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import FOREVER, Cli, command, outcome, processes_in, wait_for
from right_net import INHERITED

from mnistbench.ledger.results import Results

pytestmark = pytest.mark.slow

OWN_NET = f"""{INHERITED}
class KillsItsWorker(Mine):
    def fit(self, images, labels, batch_size, epochs):
        psutil.Process(os.getppid()).parent().kill()  # its referee is the worker's child
"""


def dask_sweep(file: Path, *options: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command("sweep", file, "--executor", "dask", *options), cwd=file.parent,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def runs_under(folder: Path) -> list[psutil.Process]:
    """Return the runs' own processes that have trained for a while."""
    found = []
    for process in processes_in(folder):
        with contextlib.suppress(psutil.NoSuchProcess):  # some end while they are looked at
            if "mnistbench.running.worker" in process.cmdline() and process.cpu_times().user > 0.5:
                found.append(process)
    return found


@contextlib.contextmanager
def cluster(
    folder: Path, *worker_options: str, security: tuple[str, ...] = (), workers: int = 1
) -> Iterator[tuple[str, Any]]:
    """Start a scheduler and a worker, or so many, as a user does; yield its address and the scheduler's process."""
    with contextlib.ExitStack() as ends:

        def start(program: str, *arguments: str) -> "subprocess.Popen[bytes]":
            words = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--no-dashboard", *security, *arguments]
            process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            ends.callback(process.wait)
            ends.callback(process.terminate)
            return process

        file = folder / "scheduler.json"
        protocol = ("--protocol", "tls") if security else ()
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), *protocol)
        wait_for(file.exists)
        for _ in range(workers):
            start("worker", "--scheduler-file", str(file), "--host", "127.0.0.1", "--nthreads", "1", *worker_options)
        yield json.loads(file.read_text())["address"], scheduler


def test_a_cluster_of_two_workers_gives_the_same_rows_as_a_local_sweep(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(OWN_NET)
    file = config(nets="[numpy, 'own.py:Mine']", lr="[0.05, 0.1]", seeds=2, protocol="controlled", quick="true")
    done = cli("sweep", file, "--executor", "dask", "--jobs", 2, "--output", "dask")
    assert done.returncode == 0, done.stderr
    assert "[8/8]" in done.stdout
    assert cli("sweep", file, "--output", "local", "--jobs", 2).returncode == 0
    ours, theirs = (Results(tmp_path / name) for name in ("local", "dask"))
    rows = theirs.read()[0]
    assert list(map(outcome, rows)) == list(map(outcome, ours.read()[0]))
    assert all(theirs.has_weights(row) for row in rows)
    assert {row.jobs for row in rows} == {2}
    assert all(row.environment["host"] and row.environment["cpu"] for row in rows)
    again = cli("sweep", file, "--executor", "dask", "--output", "dask")
    assert "8 of 8 runs are finished already" in again.stdout
    wait_for(lambda: not processes_in(tmp_path), seconds=5)


def test_nothing_of_a_cluster_of_ones_own_listens_beyond_loopback(config: Callable[..., Path], tmp_path: Path) -> None:
    sweep = dask_sweep(config(epochs=FOREVER, quick="true"), "--jobs", 2)
    wait_for(lambda: runs_under(tmp_path))
    listening = [
        connection.laddr.ip
        for process in processes_in(tmp_path)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    sweep.send_signal(signal.SIGINT)
    output, _ = sweep.communicate(timeout=60)
    assert set(listening) == {"127.0.0.1"}
    assert sweep.returncode == 130
    assert [row.status for row in Results(tmp_path / "results" / "small").read()[0]] == ["interrupted"]
    assert "the same command runs the rest" in output
    wait_for(lambda: not processes_in(tmp_path), seconds=5)


def test_a_killed_worker_costs_no_run(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    file = config(epochs=3000, seeds=2, quick="true")
    sweep = dask_sweep(file, "--jobs", 2)
    run = wait_for(lambda: runs_under(tmp_path), 180)[0]
    run.parent().kill()
    wait_for(lambda: not run.is_running(), seconds=5)
    output, _ = sweep.communicate(timeout=120)
    assert sweep.returncode == 0, output
    assert "started again" in output
    assert cli("sweep", file, "--output", "local", "--jobs", 2).returncode == 0
    rows, local = (Results(tmp_path / name).read()[0] for name in ("results/small", "local"))
    assert list(map(outcome, rows)) == list(map(outcome, local))


def test_a_run_whose_workers_die_again_and_again_is_a_row_and_the_others_go_on(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(OWN_NET)
    done = cli("sweep", config(nets="['own.py:KillsItsWorker', numpy]", quick="true"), "--executor", "dask")
    assert done.returncode == 1
    assert "on 4 different workers, but all those workers died" in done.stdout
    assert "planned 2, ok 1, failed 1 (1 error)" in done.stdout


def test_kill_9_of_the_parent_leaves_no_cluster_behind(config: Callable[..., Path], tmp_path: Path) -> None:
    sweep = dask_sweep(config(epochs=FOREVER, quick="true"), "--jobs", 2)
    wait_for(lambda: runs_under(tmp_path))
    sweep.kill()
    sweep.communicate()
    wait_for(lambda: not processes_in(tmp_path), seconds=5)


def test_a_lost_scheduler_is_told_and_the_same_command_goes_on(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    file = config(epochs=f"[1, {FOREVER}]", quick="true")
    with cluster(tmp_path, "--resources", "mnistbench=1") as (address, scheduler):
        sweep = dask_sweep(file, "--scheduler", address)
        wait_for(lambda: list((tmp_path / "results" / "small" / "runs").glob("*.json")))
        wait_for(lambda: runs_under(tmp_path))
        scheduler.kill()
        output, _ = sweep.communicate(timeout=60)
    assert sweep.returncode == 1
    assert "is lost; what is finished is kept" in output
    assert "Traceback" not in output
    assert "1 of 2 runs are finished already" in cli("sweep", config(epochs="[1, 2]", quick="true")).stdout


def test_a_run_on_a_running_cluster_ends_with_the_sweep_that_sent_it(
    config: Callable[..., Path], tmp_path: Path
) -> None:
    with cluster(tmp_path, "--resources", "mnistbench=1") as (address, _):
        sweep = dask_sweep(config(epochs=FOREVER), "--scheduler", address)
        wait_for(lambda: runs_under(tmp_path))
        sweep.kill()
        sweep.communicate()
        wait_for(lambda: not runs_under(tmp_path), seconds=5)


def test_workers_that_take_no_runs_and_a_scheduler_that_is_not_there_are_told(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    nowhere = "tcp://127.0.0.1:1"
    waiting = dask_sweep(config(), "--scheduler", nowhere, "--output", "nowhere")  # it tries for ten seconds
    with cluster(tmp_path) as (address, _):
        refused = cli("sweep", config(), "--executor", "dask", "--scheduler", address)
    assert refused.returncode == 1
    assert 'none of its workers takes runs; start them with: dask worker --resources "mnistbench=1"' in refused.stderr
    output, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert f"--scheduler {nowhere}: cannot be reached" in output
    assert "Traceback" not in output
    local = cli("sweep", config(), "--scheduler", address)
    assert local.returncode == 2
    assert "add --executor dask" in local.stderr


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_cluster_with_certificates_is_used_by_dasks_own_settings(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    security = ("--tls-ca-file", str(certificate), "--tls-cert", str(certificate), "--tls-key", str(key))
    names = ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
    settings = {
        f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(file)
        for name, file in zip(names, (certificate, certificate, key), strict=True)
    }
    with cluster(tmp_path, "--resources", "mnistbench=1", security=security) as (address, _):
        assert address.startswith("tls://")
        plain = dask_sweep(config(), "--scheduler", address, "--output", "plain")  # it tries for ten seconds
        done = cli("sweep", config(), "--executor", "dask", "--scheduler", address, **settings)
        assert done.returncode == 0, done.stderr
        output, _ = plain.communicate(timeout=60)
    assert plain.returncode == 1
    assert "cannot be reached" in output


OTHER_VERSION = """
import mnistbench
mnistbench.__version__ = "0.0.9"
"""
OTHER_SPEC = """
import dataclasses
from mnistbench.running import dask_executor

class Other(dask_executor.Reply):
    def __init__(self, *, row, **rest):
        super().__init__(row=row.model_copy(update={"spec": dataclasses.replace(row.spec, seed=99)}), **rest)

dask_executor.Reply = Other
"""


@pytest.mark.parametrize(
    ("preload", "reason"),
    [
        (OTHER_VERSION, "the worker has mnistbench 0.0.9 (protocol 1) and this is"),
        (OTHER_SPEC, "the worker has answered with the row of another run"),
    ],
    ids=["version", "spec"],
)
def test_a_row_of_another_version_or_of_another_run_is_refused(
    cli: Cli, config: Callable[..., Path], tmp_path: Path, preload: str, reason: str
) -> None:
    (tmp_path / "other.py").write_text(preload)
    with cluster(tmp_path, "--resources", "mnistbench=1", "--preload", str(tmp_path / "other.py")) as (address, _):
        done = cli("sweep", config(quick="true"), "--executor", "dask", "--scheduler", address)
    assert done.returncode == 1, done.stderr
    (row,) = Results(tmp_path / "results" / "small").read()[0]
    assert row.status == "error"
    assert reason in row.error
    assert not (tmp_path / "results" / "small" / "models").exists()


def test_a_scheduler_without_workers_is_told_after_ten_seconds(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    with cluster(tmp_path, "--resources", "mnistbench=1", workers=0) as (address, _):
        done = cli("sweep", config(quick="true"), "--executor", "dask", "--scheduler", address)
    assert done.returncode == 1
    assert "has had no worker for 10 s" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_keeps_no_folder_of_a_run_that_failed(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_NET + "\nclass Fails(Mine):\n    def fit(self, *_, **__): raise OSError\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = config(nets="['own.py:Fails', 'own.py:KillsItsWorker', numpy]", quick="true")
    done = cli("sweep", file, "--executor", "dask", TMPDIR=str(scratch), DASK_TEMPORARY_DIRECTORY=str(scratch))
    assert "planned 3, ok 1, failed 2 (2 error)" in done.stdout, done.stderr
    assert [file.name for file in scratch.rglob("mnistbench-*") if "cores" not in file.name] == []
