"""Run a command without network access, enforced by the kernel.

Usage: `python no_network.py COMMAND …`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

# linux/filter.h, linux/seccomp.h, linux/audit.h, asm/unistd.h
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
SOCKET = {"x86_64": 41, "aarch64": 198}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CAN_REFUSE = sys.platform == "linux" and platform.machine() in SOCKET
AF_INET, AF_INET6 = 2, 10
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2


def no_network() -> None:
    """Forbid this process and its children to open network sockets."""
    machine = platform.machine()
    steps = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 0, 6, AUDIT[machine]),
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_EQUAL, 0, 4, SOCKET[machine]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 1, 0, AF_INET),
        (JUMP_IF_EQUAL, 0, 1, AF_INET6),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    filters = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(filters))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) == 0


if __name__ == "__main__":
    no_network()
    os.execvp(sys.argv[1], sys.argv[1:])
