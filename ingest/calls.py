"""The kernel's seccomp filter: calls a decoder never makes are refused, whatever runs in the child later.

Landlock keeps files and TCP away, and knows nothing of UNIX sockets (a database on this machine would take the child
for the service), of a file's mode and times, of a new process, or of memory without an address. Those calls are refused
here with EPERM, so that a library that tries one goes on without it. Never loosens anything: where the kernel or the
machine has no filter the answer says so, and the other limits stand alone. See seccomp(2) and linux/seccomp.h.
"""

import ctypes
import errno
import os
import struct

_SET_SECCOMP, _FILTER = 22, 2
_NO_NEW_PRIVS = 38
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of the tables below, and how the kernel calls the machine (AUDIT_ARCH)."""
_X32 = 0x40000000  # x86-64's second table of calls begins here: the same calls under other numbers

_CALLS = {
    # anybody else: sockets of every family, and what makes calls without being one
    "socket": (41, 198), "socketpair": (53, 199),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # other processes; threads come by `clone`, which is looked at below
    "fork": (57, None), "vfork": (58, None), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    # what Landlock lets a file's owner do to it without opening it, and being told of files
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "truncate": (76, 45), "mknod": (133, None), "mknodat": (259, 33), "file_setattr": (469, 469),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # memory that no limit counts, and memory shared with others
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "move_mount": (429, 429), "open_tree": (428, 428), "open_tree_attr": (467, 467),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # parts of the kernel where most of its holes were, and the machine itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None),
    "ioperm": (173, None), "modify_ldt": (154, None), "vhangup": (153, 58),
}  # fmt: skip
"""Name → number on x86-64 and on ARM64; None: not there."""
_CLONE, _CLONE3, _KILL, _TGKILL, _PRLIMIT = (56, 220), (435, 435), (62, 129), (234, 131), (302, 261)
_CLONE_THREAD = 0x00010000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # places in `struct seccomp_data`, little-endian
_ALLOW, _KILL_PROCESS, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_REFUSE = _ERROR | errno.EPERM


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_calls() -> str:
    """Give up these calls, for this thread and all it starts; says what was done, never raises OSError.

    To be called while there is one thread: others would keep what they have.
    """
    machine = os.uname().machine
    if machine not in _MACHINES:
        return f"refused: no table for {machine}"
    code = _filter(*_MACHINES[machine], os.getpid())
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) != 0:
        return f"refused: {errno.errorcode.get(ctypes.get_errno(), 'unknown')}"
    return f"{machine}: {len(_CALLS)} refused"


def _filter(column: int, architecture: int, own: int) -> bytes:
    """The program, as the kernel's filter machine reads it; `own` is the number of this process."""
    lines = [
        _step(_LOAD, _ARCHITECTURE),
        *_unless(_EQUAL, architecture, _KILL_PROCESS),
        _step(_LOAD, _NUMBER),
        *((_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _REFUSE)) if column == 0 else ()),
    ]
    for numbers in _CALLS.values():
        if (number := numbers[column]) is not None:
            lines += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _REFUSE)]
    # The library asks by `clone3` first, whose flags no filter can read, and then by `clone`.
    lines += [_step(_EQUAL, _CLONE3[column], 0, 1), _step(_RETURN, _ERROR | errno.ENOSYS)]
    lines += _only(_CLONE[column], _ANY_BIT, _CLONE_THREAD)
    lines += _only(_KILL[column], _EQUAL, own)
    lines += _only(_TGKILL[column], _EQUAL, own)
    lines += _only(_PRLIMIT[column], _EQUAL, 0)
    return b"".join([*lines, _step(_RETURN, _ALLOW)])


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One `struct sock_filter`; jumps are counted in further steps."""
    return struct.pack("=HBBI", code, then, otherwise, value)


def _unless(code: int, value: int, answer: int) -> list[bytes]:
    return [_step(code, value, 1, 0), _step(_RETURN, answer)]


def _only(number: int, code: int, value: int) -> list[bytes]:
    """One call, refused unless its first argument (the lower half: no more is meaningful) is as it must be."""
    inside = [_step(_LOAD, _FIRST_ARGUMENT), *_unless(code, value, _REFUSE), _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, 0, len(inside)), *inside]
