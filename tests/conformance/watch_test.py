#!/usr/bin/env python3
"""Watch by etcdctl, python3-etcd3 and grpcio, before kvd and before Debian's etcd."""

import sys

import runs
from allowed import WATCHES
from watch_clients import etcdctl_steps, python_steps
from watch_steps import watch_steps


def script(transcript, server, cluster) -> None:
    etcdctl_steps(transcript, server, cluster)
    python_steps(transcript, server)
    watch_steps(transcript, server)


if __name__ == "__main__":
    sys.exit(runs.main(script, WATCHES))
