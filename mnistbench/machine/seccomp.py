"""System calls that a process gives up, with all that it starts: those by which it reaches out past its fence.

A small program of the system's own looks at each call's number, see seccomp(2). Inside any fence they are those by
which it would take cores that it was not given, hold memory that no one counts, leave a later process a word by a lock,
hide what it has loaded, or mount something in a namespace of its own. Beside Landlock they are many more: sockets of
every kind, also those with a file, by which a service of the user's would do anything; what is shared by a user's
processes; what changes files or processes without opening them; and leaving the session, by which the process is ended
whole.
"""

import ctypes
import os
import struct

MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # AUDIT_ARCH of each, and its column below
NONE = -1
REFUSED_ALWAYS: dict[str, tuple[int, int]] = {
    "sched_setaffinity": (203, 122), "io_uring_setup": (425, 425), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "flock": (73, 32),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "fsopen": (430, 430),
    "fsmount": (432, 432), "fsconfig": (431, 431), "move_mount": (429, 429), "open_tree": (428, 428),
    "mount_setattr": (442, 442), "setns": (308, 268), "unshare": (272, 97),
}  # fmt: skip
REFUSED_BESIDE_LANDLOCK: dict[str, tuple[int, int]] = {
    "socket": (41, 198), "ptrace": (101, 117),
    "setpriority": (141, 140), "ioprio_set": (251, 30),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "semget": (64, 190), "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181),
    "chmod": (90, NONE), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, NONE), "fchown": (93, 55), "lchown": (94, NONE), "fchownat": (260, 54),
    "utime": (132, NONE), "utimes": (235, NONE), "futimesat": (261, NONE), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "file_setattr": (469, 469), "inotify_add_watch": (254, 27), "fanotify_mark": (301, 263),
}  # fmt: skip
ABSENT = {  # told that the system has none, libc calls others
    "clone3": (435, 435),  # its flags are out of sight
    "preadv2": (327, 286), "cachestat": (451, 451), "mincore": (27, 232),  # by these it tells, or may ask, which files
    "io_setup": (206, 0), "io_submit": (209, 2),  # lie in its memory
}  # fmt: skip
PRETENDED_BESIDE_LANDLOCK = {"setsid": (112, 157), "setpgid": (109, 154)}
"""Done nothing for, and told that they were done: a net that starts helpers so is right, and they end with it."""
ANY = 0xFFFFFFFF
NAMESPACES = (0x10000000, 0x00020000)  # CLONE_NEWUSER, by which it would have any power in one of its own; CLONE_NEWNS
Line = tuple[int, int, int, int]  # of the filter's program: what to do, how far to jump if so and if not, and a value
REFUSED_WITH = (  # which argument, its bits, and what they must not be
    ("prctl", (157, 167), 0, ANY, 4),  # PR_SET_DUMPABLE: without, the map of its memory cannot be read
    # F_SETLK and F_SETLKW, both also OFD; F_SETLEASE, F_NOTIFY; F_SETPIPE_SZ, as no one counts what a pipe holds
    *(("fcntl", (72, 25), 1, ANY, what) for what in (6, 7, 37, 38, 1024, 1026, 1031)),
    *(("setsockopt", (54, 208), 2, ANY, what) for what in (7, 8, 32, 33)),  # SO_SNDBUF and its like: as of a pipe
    *(("clone", (56, 220), 0, bit, bit) for bit in NAMESPACES),
    ("mmap", (9, 222), 3, 0x21, 0x21),  # MAP_SHARED and MAP_ANONYMOUS: memory that can be let go and is kept
)
ALLOWED_ONLY_WITH = (  # AF_UNIX: what waits in others, sent to itself, is counted by no one
    ("socket", (41, 198), 0, ANY, 1),
)
ALLOWED_ONLY_WITH_BESIDE_LANDLOCK = (  # which argument, its bits, and what they must be
    ("socketpair", (53, 199), 0, ANY, 1),  # AF_UNIX …
    ("socketpair", (53, 199), 1, 0xF, 1),  # … SOCK_STREAM: any other could be connected again, elsewhere
    ("sched_setscheduler", (144, 119), 0, ANY, 0),  # of the process itself
    ("sched_setparam", (142, 118), 0, ANY, 0),
    ("sched_setattr", (314, 274), 0, ANY, 0),
    ("prlimit64", (302, 261), 0, ANY, 0),
)
LOAD, AND, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06  # of the filter's program, a word each
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # where they stand in what the program sees, in bytes
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS = 1, 38
OTHER_NUMBERS = 0x40000000  # of x86_64: the same calls once more, under x32
SET_SECCOMP, FILTER = 22, 2  # of prctl(2)


def restrict(*, is_fence: bool) -> None:
    """Give the calls up, for this thread and what it starts; there is no way back. It must have no new privileges.

    Those that go beside Landlock make the fence (``is_fence``); the few others stand inside one.

    Raises:
        OSError: the system does not let it.
    """
    code = program(os.uname().machine, is_fence=is_fence)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(Program(len(code) // 8, code)), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def program(machine: str, *, is_fence: bool) -> bytes:
    """Return the filter for a kind of processor: instructions of 8 bytes, see linux/filter.h."""
    architecture, column = MACHINES[machine]
    lines = [(LOAD, 0, 0, ARCHITECTURE), (IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        lines += [(IF_AT_LEAST, 0, 1, OTHER_NUMBERS), (RETURN, 0, 0, ERROR | EPERM)]
    answers = dict.fromkeys(REFUSED_ALWAYS.values(), EPERM) | dict.fromkeys(ABSENT.values(), ENOSYS)
    if is_fence:
        answers |= dict.fromkeys(REFUSED_BESIDE_LANDLOCK.values(), EPERM)
        answers |= dict.fromkeys(PRETENDED_BESIDE_LANDLOCK.values(), 0)
    for numbers, answer in answers.items():
        if numbers[column] != NONE:
            lines += [(IF_EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ERROR | answer)]
    for _, numbers, argument, bits, value in REFUSED_WITH:
        lines += _unless(numbers[column], argument, bits, (IF_EQUAL, 0, 1, value))
    for _, numbers, argument, bits, value in ALLOWED_ONLY_WITH_BESIDE_LANDLOCK if is_fence else ALLOWED_ONLY_WITH:
        lines += _unless(numbers[column], argument, bits, (IF_EQUAL, 1, 0, value))
    lines.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def _unless(number: int, argument: int, bits: int, test: Line) -> list[Line]:
    """Return the instructions that refuse a call unless some bits of an argument pass a test, which jumps by one."""
    return [
        (IF_EQUAL, 0, 5, number),
        (LOAD, 0, 0, ARGUMENTS + 8 * argument),  # its lower half, as both processors are little-endian
        (AND, 0, 0, bits),
        test,
        (RETURN, 0, 0, ERROR | EPERM),
        (LOAD, 0, 0, NUMBER),
    ]
