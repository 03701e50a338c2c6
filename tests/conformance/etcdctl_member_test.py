#!/usr/bin/env python3
"""Debian's etcdctl changes the members of kvd and of Debian's etcd: the same answers, checks and texts."""

import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import runs  # noqa: E402
from allowed import MEMBERS  # noqa: E402
from etcdctl_test import Etcdctl  # noqa: E402
from member_steps import steps  # noqa: E402

import places  # noqa: E402

ADDED = re.compile(r'Member +([0-9a-f]+) added|"member":\{"ID":(\d+)')
INITIAL = re.compile(r'(?<=ETCD_INITIAL_CLUSTER=")[^"]*')
# The servers must have seen each other for five seconds before members may change.
SETTLE_SECONDS = 6


def without_order(text: str) -> str:
    """Members are in the order of their ids, which is another one in every cluster."""
    answer = json.loads(text)
    members = [json.dumps(member | {"ID": 0}) for member in answer.get("members", [])]
    return json.dumps(answer | {"members": sorted(members)})


class MemberCtl(Etcdctl):
    """Names the ids that come up on the way: they hold the time of their making."""

    def __init__(self, transcript, server, cluster):
        super().__init__(transcript, server, cluster)
        self.added = []

    def read(self, stdout: str) -> str:
        for hexadecimal, decimal in ADDED.findall(stdout):
            number = int(hexadecimal, 16) if hexadecimal else int(decimal)
            self.added.append(f"{number:x}")
            for text in runs.both(number):
                self.transcript.learn(text, f"NEW{len(self.added)}")
        if stdout.startswith("{"):
            return without_order(stdout)
        return INITIAL.sub(lambda found: ",".join(sorted(re.sub(r"\bn\d=", "n1=", found[0]).split(","))), stdout)


def script(transcript, server, cluster) -> None:
    time.sleep(SETTLE_SECONDS * places.time_scale())
    steps(MemberCtl(transcript, server, cluster), server, cluster)


if __name__ == "__main__":
    sys.exit(runs.main(script, MEMBERS))
