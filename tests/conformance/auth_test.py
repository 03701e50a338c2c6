#!/usr/bin/env python3
"""Users, roles and permissions before kvd and before Debian's etcd, by etcdctl and by the API itself."""

import re
import sys

import runs
from allowed import AUTH
from auth_client_steps import client_steps
from auth_steps import steps
from etcdctl_test import Etcdctl

GRANTED = re.compile(r"lease (\w+) granted")
FLAGS = ("--bcrypt-cost=4",)


class Users(Etcdctl):
    """Ids of leases are learnt."""

    name_of_next = ""

    def grant(self, name: str, *arguments) -> str:
        """The id of a new lease of `name`; 1 when it was refused."""
        self.name_of_next = name
        found = GRANTED.search(self("lease", "grant", "100", *arguments))
        return found.group(1) if found else "1"

    def read(self, stdout: str) -> str:
        found = GRANTED.search(stdout)
        if found is not None and self.name_of_next:
            self.transcript.learn(found.group(1), self.name_of_next)
            self.name_of_next = ""
        # The name of a lock's key ends with a lease.
        return re.sub(r"(?<=/lock/)[0-9a-f]+", "LEASE", stdout)


def script(transcript, server, cluster) -> None:
    def restart():
        server.kill()
        server.start().wait_healthy(30)

    steps(Users(transcript, server, cluster), restart)
    client_steps(transcript, server)


if __name__ == "__main__":
    sys.exit(runs.main(script, AUTH, FLAGS))
