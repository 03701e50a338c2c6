"""Free loopback ports, below the range that the kernel hands out by itself."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

LOWEST, HIGHEST = 20000, 32767
_held = []


def _lock(port: int) -> bool:
    """Holds the port against other test processes for as long as this one lives."""
    directory = Path(tempfile.gettempdir()) / f"kvd-test-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    file = open(directory / str(port), "w", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _held.append(file)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on and no other test of this machine was given."""
    for _ in range(1000):
        port = random.randint(LOWEST, HIGHEST)
        if _is_free(port) and _lock(port):
            return port
    raise RuntimeError(f"no free port between {LOWEST} and {HIGHEST}")
