#!/usr/bin/env python3
"""python3-etcd3 and grpcio before kvd and before Debian's etcd: the same answers, codes and texts."""

import sys

import runs
from allowed import PYTHON
from client_steps import client_steps
from raw_steps import raw_steps
from recipe_steps import recipe_steps


def script(transcript, server, _cluster) -> None:
    client_steps(transcript, server)
    raw_steps(transcript, server)
    recipe_steps(transcript, server)


if __name__ == "__main__":
    sys.exit(runs.main(script, PYTHON))
