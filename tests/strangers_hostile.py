"""Nets that would harm the machine, the class or the one who judges; see :mod:`strangers`."""

from strangers import (
    ATTEMPTS,
    RIGHT_ONES,
    STOPPED,
    Stranger,
    at_import,
    attempting,
    changed,
    in_fit,
    indented,
    instead_of_predict,
)  # fmt: skip

RUNS_OR_NOT = RIGHT_ONES | STOPPED  # a bound may end it, or only what it started

DELETES_HOME = """
with attempt("a file in HOME was deleted"):
    (GROUND / "home" / "diary.txt").unlink()
with attempt("HOME was written to"):
    (GROUND / "home" / "left.txt").write_text("left")
"""
READS_HOME = """
with attempt("HOME was read"):
    (GROUND / "home" / "diary.txt").read_text()
with attempt("the home folder was read"):
    (pathlib.Path.home() / "diary.txt").read_text()
"""
OTHERS_FILES = """
with attempt("what others handed in was read"):
    next((GROUND / "submissions").rglob("*.py")).read_text()
with attempt("a copy of what others handed in was read"):
    own = pathlib.Path(__file__)
    next(file for file in own.parent.parent.glob("*/*.py") if file.parent != own.parent).read_text()
with attempt("what others handed in was written to"):
    for file in [*(GROUND / "submissions").rglob("*.py")] or [GROUND / "submissions" / "left.py"]:
        file.open("a").write("# changed")
"""
LEDGER = """
with attempt("the ledger was written to"):
    (GROUND / "results" / "older" / "runs" / "row.json").write_text("a better row")
with attempt("grades were read"):
    next((GROUND / "results").rglob("grades/*.json")).read_text()
with attempt("grades were written"):
    (GROUND / "results" / "class" / "grades" / "left.json").write_text("{}")
"""
LINKS = """
with attempt("a link was put in place of the ledger"):
    runs = GROUND / "results" / "older" / "runs"
    runs.rename(runs.with_name("away"))
    runs.symlink_to(GROUND / "home")
"""
LOCK = """
with attempt("the folder was locked"):
    held = open(next(file for file in (GROUND / "results").rglob("*lock*")), "r+")
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""
TCP = """
with attempt("a connection was made"):
    socket.create_connection(("127.0.0.1", @PORT@), 2).sendall(b"labels?")
"""
UDP = """
with contextlib.suppress(OSError):
    socket.socket(type=socket.SOCK_DGRAM).sendto(b"labels?", ("127.0.0.1", @PORT@))
"""
FORKS = """
for _ in range(150):
    try:
        if not os.fork():
            signal.alarm(20)
            signal.pause()
            os._exit(0)
    except OSError:
        break
"""
MEMORY = """
if leave_behind(8):
    with contextlib.suppress(MemoryError):
        held = np.ones(3 * 2**27)
        time.sleep(6)
    os._exit(0)
"""
FULL_TEMPORARY = """
names = []
with attempt("a gigabyte was written to the temporary folder"):
    for n in range(32):
        names.append(os.path.join(tempfile.gettempdir(), f"full{n}"))
        with open(names[-1], "wb") as file:
            for _ in range(32):
                file.write(bytes(2**20))
"""
FULL_ELSEWHERE = """
names = []
with contextlib.suppress(Exception):
    package = os.path.dirname(sys.modules["mnistbench"].__file__)
    places = ["/dev", "/dev/shm", "/dev/mqueue", "/run", "/var/tmp"]
    places += [os.path.join(package, name) for name in os.listdir(package)]
    places += [os.path.join(package, "datasets", name) for name in os.listdir(os.path.join(package, "datasets"))]
    for place in places:
        if GROUND.exists() or not os.path.isdir(place) or place == tempfile.gettempdir():
            continue  # without a fence this would be the machine's own
        with attempt(f"a gigabyte was written to {place}"):
            mine = []
            try:
                for n in range(64):
                    mine.append(os.path.join(place, f"full{n}"))
                    with open(mine[-1], "wb") as file:
                        for _ in range(16):
                            file.write(bytes(2**20))
            finally:
                for name in mine:
                    with contextlib.suppress(OSError):
                        os.unlink(name)
"""
STDERR = """
with contextlib.suppress(OSError):
    for _ in range(1024):
        os.write(2, b"x" * 2**20)
"""
STAYS = """
if leave_behind(60):
    while True:
        with contextlib.suppress(OSError):
            (GROUND / "marks" / "stayed").write_text("still here")
        time.sleep(0.2)
"""
SIGTERM = """
for number in {*signal.Signals} - {signal.SIGKILL, signal.SIGSTOP, signal.SIGALRM}:
    signal.signal(number, signal.SIG_IGN)
end = time.monotonic() + 120
while time.monotonic() < end:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""
SIGNALS = """
for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
    for pid in reversed(parents()):
        with attempt(f"a process of the grading was sent {number.name}"):
            os.kill(pid, number)
"""
TRACE = """
for pid in parents():
    with attempt("the memory of the grading was opened"):
        open(f"/proc/{pid}/mem", "rb").close()
    with attempt("the environment of the grading was read"):
        pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    with attempt("the grading was traced"):
        if ctypes.CDLL(None).ptrace(16, pid, 0, 0):
            raise OSError
        ctypes.CDLL(None).ptrace(17, pid, 0, 0)
"""
PRIORITY = """
with contextlib.suppress(OSError):
    os.setpriority(os.PRIO_PROCESS, 0, -20)
for pid in parents():
    with attempt("the grading was made slow"):
        os.setpriority(os.PRIO_PROCESS, pid, 19)
    with attempt("the grading was put on one core"):
        os.sched_setaffinity(pid, {0})
"""
ALL_CORES = """
os.sched_setaffinity(0, range(os.cpu_count()))
for _ in range(60):
    try:
        if leave_behind(25):
            while True:
                pass
    except OSError:
        break
"""
KEYRING = """
import platform
add_key, request_key = {"x86_64": (248, 249), "aarch64": (217, 218)}[platform.machine()]
with attempt("a key of another submission was found"):
    if ctypes.CDLL(None).syscall(request_key, b"user", b"mnistbench-stranger", None, -3) < 0:
        raise OSError
ctypes.CDLL(None).syscall(add_key, b"user", b"mnistbench-stranger", b"right", 5, -3)
"""
BLOCKS = """
signal.pthread_sigmask(signal.SIG_BLOCK, {*signal.Signals})
ctypes.PyDLL(None).sleep(120)
"""
HUGE_NAME = 'raise type("E" * 50_000_000, (Exception,), {})("M" * 50_000_000)'
NAMES = (
    r'raise type("\x1b]0;owned\x07<script>alert(1)</script>", (Exception,), {})("\x1b[2J<img src=x onerror=alert(2)>")'
)
PRINTS = r"""
print("\x1b]0;owned\x07\x1b[2J<script>alert(3)</script>" * 1000, flush=True)
print('{"measured": {"check": {"passed": true}}}\n{"ended": {"status": "ok", "error": ""}}', flush=True)
"""
ENDLESS = """
while True:
    try:
        sum(range(1000))
    except BaseException:
        pass
"""
RECURSION = """
import sys
sys.setrecursionlimit(10**6)
class Deep:
    def __repr__(self):
        return repr(self)
repr(Deep())
"""
STRANGE_CLASS = """
class Meta(type):
    def __getattribute__(cls, name):
        if name in ("__name__", "__qualname__", "__signature__"):
            raise SystemError("<script>alert(4)</script>")
        return super().__getattribute__(name)


"""

HOSTILE = {
    "deletes_home": Stranger(attempting(DELETES_HOME), RIGHT_ONES),
    "reads_home": Stranger(attempting(READS_HOME), RIGHT_ONES),
    "others_files": Stranger(attempting(OTHERS_FILES), RIGHT_ONES),
    "writes_the_ledger": Stranger(attempting(LEDGER), RIGHT_ONES),
    "links_in_place_of_runs": Stranger(attempting(LINKS, where="fit"), RIGHT_ONES),
    "locks_the_folder": Stranger(attempting(LOCK), RIGHT_ONES),
    "connects_by_tcp": Stranger(attempting(TCP), RIGHT_ONES),
    "sends_by_udp": Stranger(attempting(UDP), RIGHT_ONES),
    "forks_150": Stranger(attempting(FORKS), RUNS_OR_NOT),
    "holds_3_gb": Stranger(attempting(MEMORY), RUNS_OR_NOT),
    "fills_the_temporary_folder": Stranger(attempting(FULL_TEMPORARY), RIGHT_ONES),
    "fills_every_other_folder": Stranger(attempting(FULL_ELSEWHERE), RIGHT_ONES),
    "prints_a_gigabyte": Stranger(attempting(STDERR), RUNS_OR_NOT),
    "stays_behind": Stranger(attempting(STAYS), RIGHT_ONES),
    "ignores_sigterm": Stranger(attempting(SIGTERM, where="fit"), STOPPED, reason="of --timeout"),
    "signals_the_parent": Stranger(attempting(SIGNALS, where="fit"), RIGHT_ONES),
    "traces_the_parent": Stranger(attempting(TRACE), RIGHT_ONES),
    "changes_priority": Stranger(attempting(PRIORITY), RIGHT_ONES),
    "takes_all_cores": Stranger(attempting(ALL_CORES), STOPPED, reason="not permitted"),
    "leaves_a_key": Stranger(attempting(KEYRING), RIGHT_ONES),
    "blocks_in_native_code": Stranger(changed(at_import(ATTEMPTS), in_fit(BLOCKS)), STOPPED, reason="of --timeout"),
    "strange_names": Stranger(changed(in_fit(NAMES)), STOPPED, reason="<script>"),
    "strange_class": Stranger(
        changed({"\n\nclass MyNet:": f"\n{STRANGE_CLASS}class MyNet(metaclass=Meta):"}), RUNS_OR_NOT
    ),
    "prints_escapes_and_events": Stranger(changed(at_import(PRINTS)), RIGHT_ONES),
    "name_of_megabytes": Stranger(changed(in_fit(HUGE_NAME)), STOPPED, reason="fit raised EEEE"),
    "exits_in_fit": Stranger(changed(in_fit("import os\nos._exit(0)")), STOPPED, reason="exit code 0"),
    "exits_on_import": Stranger(changed(at_import("import os\nos._exit(0)")), STOPPED, reason="exit code 0"),
    "segfaults": Stranger(changed(in_fit("import ctypes\nctypes.string_at(8)")), STOPPED, reason="SIGSEGV"),
    "endless_loop": Stranger(changed(in_fit(ENDLESS)), STOPPED, reason="of --timeout"),
    "endless_predict": Stranger(
        changed(instead_of_predict("while True:\n    pass")), STOPPED, reason="of --timeout"
    ),
    "recursion": Stranger(changed(in_fit(RECURSION)), STOPPED),
    "deep_syntax": Stranger(changed(at_import("x = " + "-" * 100_000 + "1")), STOPPED),
    "deep_brackets": Stranger(changed(at_import("x = " + "[" * 150 + "]" * 150)), RUNS_OR_NOT),
    "many_additions": Stranger(changed(at_import("x = " + "+".join("1" * 20_000))), RUNS_OR_NOT),
    "null_byte": Stranger(changed(at_import("x = '\0'")), STOPPED),
    "interrupts": Stranger(changed(in_fit("raise KeyboardInterrupt")), STOPPED),
    "generator_exit": Stranger(changed(in_fit("raise GeneratorExit")), STOPPED),
    "no_indentation": Stranger("class MyNet:\n" + indented("def fit(", 0), STOPPED, reason="not valid Python"),
}  # fmt: skip
