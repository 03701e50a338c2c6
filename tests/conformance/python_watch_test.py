#!/usr/bin/env python3
"""python3-etcd3's watches, locks and leases before kvd and before Debian's etcd: the same events, answers and errors."""

import sys
import threading

import runs
from allowed import PYTHON_WATCHES
from client_watch_steps import client_watch_steps


def quiet_end(arguments) -> None:
    """The library's thread opens its stream again even after the client was closed, and dies of that."""
    if "Channel closed" not in str(arguments.exc_value):
        threading.__excepthook__(arguments)


def script(transcript, server, _cluster) -> None:
    client_watch_steps(transcript, server)


if __name__ == "__main__":
    threading.excepthook = quiet_end
    sys.exit(runs.main(script, PYTHON_WATCHES))
