#!/usr/bin/env python3
"""`kvd join` with what `kvctl member add` prints: it becomes a voter, starts again, and refuses what is wrong."""

import contextlib
import re
import shutil
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from cluster import Cluster  # noqa: E402
from member_test import ACTIVE_AFTER_SECONDS, WAIT_SECONDS, Kvctl  # noqa: E402
from ports import free_port  # noqa: E402
from server import Server  # noqa: E402

USAGE, UNAVAILABLE, CONFIG = 64, 69, 78


class Joiner(Server):
    """A server that is started with the printed command and nothing else but its own places."""

    joining: tuple = ()

    def command(self) -> list:
        client = f"http://127.0.0.1:{self.client_port}"
        return [places.binary("kvd"), "join", *self.joining, f"--data-dir={self.data_dir}",
                f"--listen-client-urls={client}", f"--advertise-client-urls={client}", *self.flags]


def new_server(cluster, name: str) -> Joiner:
    server = Joiner(kind="kvd", name=name, directory=cluster.directory / name, client_port=free_port(),
                    peer_port=free_port())
    cluster.servers.append(server)
    return server


def add(kvctl, server, *options: str, replaces: str = "") -> str:
    """Tells the cluster of it, and the server what was printed; gives the member's id."""
    verb = ["replace", replaces] if replaces else ["add"]
    printed = kvctl("member", *verb, server.name, f"--peer-urls=http://127.0.0.1:{server.peer_port}", *options,
                    endpoints=kvctl.cluster.servers[0].endpoint)
    server.joining = tuple(re.search(r"^# kvd join (.*)$", printed, re.MULTILINE)[1].split())
    return printed.split()[1]


@contextlib.contextmanager
def settled(size: int):
    with Cluster("kvd", size) as cluster:
        time.sleep(ACTIVE_AFTER_SECONDS + places.time_scale())
        yield cluster, Kvctl(cluster)


class Join(unittest.TestCase):
    def refused(self, server, code: int, *words: str) -> None:
        self.assertEqual(server.start().wait_exit(WAIT_SECONDS), code, server.log_tail())
        last = server.log().rsplit("---- start", 1)[1]
        for word in words:
            self.assertIn(word, last)

    def test_it_learns_votes_and_starts_again_by_the_same_command(self):
        with settled(1) as (cluster, kvctl):
            kvctl("put", "before", "it came")
            first = cluster.servers[0].endpoint
            server = new_server(cluster, "n2")
            ident = add(kvctl, server, "--promote")
            server.start()
            kvctl("wait", "member", ident, "voter", endpoints=first)
            server.wait_healthy(WAIT_SECONDS)
            members = kvctl.members()
            self.assertEqual((members["n2"]["id"], members["n2"]["learner"]), (ident, False))
            server.kill()
            server.start().wait_healthy(WAIT_SECONDS)
            self.assertEqual(kvctl("get", "before", "--print-value-only", endpoints=server.endpoint), "it came\n")
            server.kill()
            shutil.rmtree(server.data_dir)
            self.refused(server, CONFIG, "has been started before", "member replace")

    def test_it_takes_the_place_of_another(self):
        with settled(3) as (cluster, kvctl):
            lost = cluster.follower()
            gone = kvctl.members()[lost.name]["id"]
            lost.kill()
            cluster.servers.remove(lost)
            server = new_server(cluster, "n4")
            add(kvctl, server, replaces=gone)
            server.start()
            kvctl("wait", "member", gone, "gone")
            server.wait_healthy(WAIT_SECONDS)
            self.assertEqual(len(kvctl.members()), 3)

    def test_what_does_not_fit_is_refused(self):
        with settled(1) as (cluster, kvctl), Cluster("kvd", 1, flags=("--initial-cluster-token=other",)) as other:
            server = new_server(cluster, "n2")
            ident = add(kvctl, server, "--learner")
            good = server.joining
            elsewhere = f"http://127.0.0.1:{other.servers[0].peer_port}"
            server.joining = ("--peer", elsewhere, *good[2:])
            self.refused(server, CONFIG, "but " + elsewhere + " is of cluster")
            server.joining = ("--peer", f"http://127.0.0.1:{free_port()}", *good[2:])
            self.refused(server, UNAVAILABLE)
            server.joining = (*good[:3], good[3][:-3])
            self.refused(server, CONFIG, "is cut short or mistyped")
            server.joining = good[:2]
            self.refused(server, USAGE, "--token is missing")
            self.assertFalse((server.data_dir / "identity").exists(), "it has left something behind")
            server.joining, server.flags = good, (f"--data-dir={other.servers[0].data_dir}",)
            other.servers[0].kill()
            self.refused(server, CONFIG, "belongs to member", "use another --data-dir")
            server.flags = ()
            kvctl("member", "remove", ident)
            self.refused(server, CONFIG, "it was removed", "kvctl member add n2")
            cluster.servers.remove(server)

    def test_a_member_that_was_removed_ends_again(self):
        with settled(1) as (cluster, kvctl):
            server = new_server(cluster, "n2")
            ident = add(kvctl, server, "--learner")
            server.start()
            kvctl("wait", "member", ident, endpoints=cluster.servers[0].endpoint)
            kvctl("member", "remove", ident, endpoints=cluster.servers[0].endpoint)
            server.kill()
            self.refused(server, CONFIG, "was removed from the cluster")
            cluster.servers.remove(server)


if __name__ == "__main__":
    unittest.main(verbosity=2)
