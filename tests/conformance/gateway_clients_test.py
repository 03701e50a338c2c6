#!/usr/bin/env python3
"""Debian's python3-etcd3gw and python3-tooz before kvd and before Debian's etcd: the same answers and errors."""

import sys

import runs
from allowed import GATEWAY_CLIENTS
from gateway_client_steps import gateway_client_steps
from tooz_steps import tooz_steps


def script(transcript, server, _cluster) -> None:
    gateway_client_steps(transcript, server)
    tooz_steps(transcript, server, "etcd3+http", "api_version=v3")
    tooz_steps(transcript, server, "etcd3", "")


if __name__ == "__main__":
    sys.exit(runs.main(script, GATEWAY_CLIENTS))
