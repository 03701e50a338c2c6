#!/usr/bin/env python3
"""Debian's etcdctl and python3-etcd3 with leases, before kvd and before Debian's etcd."""

import re
import sys
import time

import runs
from allowed import LEASES
from client_steps import Client
from etcdctl_test import Etcdctl

# What is left of a lease falls while the script runs.
REMAINING = re.compile(r"remaining\((\d+)s\)")
JSON_TTL = re.compile(r'"ttl":(\d+)')


class Leases(Etcdctl):
    """Ids of leases are learnt, and what is nearly all that was granted reads `NEARLY`."""

    name_of_next = ""

    def grant(self, seconds: int, name: str) -> str:
        """The id of a new lease, `name` in the transcript."""
        self.name_of_next = name
        stdout = self("lease", "grant", str(seconds))
        return re.search(r"lease (\w+) granted", stdout).group(1)

    def read(self, stdout: str) -> str:
        found = re.search(r"lease (\w+) granted with", stdout)
        if found is not None and self.name_of_next:
            self.transcript.learn(found.group(1), self.name_of_next)
            self.transcript.learn(str(int(found.group(1), 16)), self.name_of_next)
            self.name_of_next = ""
        # etcd gives keys in no order.
        stdout = re.sub(r'"keys":\[([^]]*)\]', lambda m: '"keys":' + ",".join(sorted(m.group(1).split(","))), stdout)
        granted = re.search(r'granted with TTL\((\d+)s\)|"granted-ttl":(\d+)', stdout)
        if granted is None:
            return stdout
        whole = int(granted.group(1) or granted.group(2))

        def nearly(match):
            left = int(match.group(1))
            return match.group(0).replace(str(left), "NEARLY") if whole - 15 <= left <= whole else match.group(0)

        return JSON_TTL.sub(nearly, REMAINING.sub(nearly, stdout))


def script(transcript, server, cluster) -> None:
    with_etcdctl(Leases(transcript, server, cluster))
    client = Client(transcript, server)
    with_python(client)
    client.etcd.close()


def with_etcdctl(ctl) -> None:
    ctl("lease", "list")
    one = ctl.grant(100, "LEASE1")
    ctl.grant(0, "LEASE2")
    ctl.grant(1, "LEASE3")
    ctl("lease", "timetolive", one)
    ctl("lease", "timetolive", one, "--keys")
    ctl("put", "lease/b", "1", f"--lease={one}")
    ctl("put", "lease/a", "2", f"--lease={one}")
    ctl("get", "lease/", "--prefix", "-w", "json")
    ctl("lease", "timetolive", one, "--keys", "-w", "json")
    ctl("lease", "keep-alive", one, "--once")
    ctl("lease", "keep-alive", "1234", "--once")
    ctl("lease", "timetolive", "1234")
    ctl("lease", "timetolive", "1234", "--keys", "-w", "json")
    ctl("lease", "revoke", "1234")
    ctl("put", "lease/c", "3", "--lease=1234")
    ctl("txn", stdin=f"\nput lease/d 4 --lease={one}\n\n\n".encode())
    ctl("txn", stdin=b"\nput lease/e 4 --lease=77\n\n\n")
    ctl("put", "lease/b", "moved away")
    two = ctl.grant(200, "LEASE4")
    ctl("put", "lease/a", "moved", f"--lease={two}")
    ctl("put", "lease/a", "stays", "--ignore-lease")
    ctl("lease", "revoke", one)
    ctl("get", "lease/", "--prefix", "-w", "json")
    ctl("lease", "revoke", one)
    ctl("lease", "timetolive", two, "--keys", "-w", "json")
    ctl("del", "lease/a")
    ctl("lease", "timetolive", two, "--keys", "-w", "json")
    ctl("lease", "revoke", two, "-w", "json")
    ctl("lease", "grant")
    ctl("lease", "grant", "x")
    ctl("lease", "revoke", "nonsense")
    three = ctl.grant(2, "LEASE5")
    ctl("put", "lease/short", "x", f"--lease={three}")
    ctl("put", "lease/short2", "x", f"--lease={three}")
    time.sleep(7)  # 2 s, what a change of leader adds, and the rounds of whoever looks
    ctl("get", "lease/", "--prefix", "-w", "json")
    ctl("lease", "timetolive", three)


def with_python(client) -> None:
    client("lease", 60, lease_id=77)
    client("lease", 60, lease_id=77)
    client("lease", -60, lease_id=79)
    client("revoke_lease", 79)
    client("lease", 60, lease_id=-80)
    client("revoke_lease", -80)
    client("lease", 9000000001, lease_id=78)
    client("lease", 9000000000, lease_id=78)
    client("put", "py/l", "1", lease=77)
    client("get", "py/l")
    client("put", "py/l", "1", lease=78)
    client("get_lease_info", 77)
    client("get_lease_info", 4242)
    client("refresh_lease", 77)
    client("refresh_lease", 4242)
    client("revoke_lease", 77)
    client("get", "py/l")
    client("revoke_lease", 78)
    client("revoke_lease", 78)
    client("get", "py/l")


if __name__ == "__main__":
    sys.exit(runs.main(script, LEASES))
