#!/usr/bin/env python3
"""Real servers join, learn, vote, take another's place and leave, while a client writes."""

import contextlib
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api  # noqa: E402
from cluster import Cluster  # noqa: E402
from ports import free_port  # noqa: E402
from server import Server  # noqa: E402

# A member counts as active when it has been connected for so long, by the clock and not by how fast it is.
ACTIVE_AFTER_SECONDS = 5
WAIT_SECONDS = 60
ENDS_WITHIN_SECONDS = 5
REMOVED = 78  # the exit code of a member that was removed


class Kvctl:
    """kvctl before the members that run."""

    def __init__(self, cluster):
        self.cluster = cluster

    def run(self, *words: str, endpoints: str = "") -> subprocess.CompletedProcess:
        scale = places.time_scale()
        return subprocess.run(
            [places.binary("kvctl"), f"--endpoints={endpoints or self.endpoints()}", f"--timeout={int(20 * scale)}s",
             *words],
            capture_output=True, text=True, timeout=90 * scale, check=False, env=places.environment(),
        )

    def endpoints(self) -> str:
        return ",".join(server.endpoint for server in self.cluster.running())

    def __call__(self, *words: str, endpoints: str = "") -> str:
        done = self.run(*words, endpoints=endpoints)
        if done.returncode != 0:
            raise AssertionError(f"kvctl {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def members(self) -> dict:
        """By the name; those that have not started by their id."""
        rows = [line.split(", ") for line in self("member", "list").splitlines()]
        return {row[2] or row[0]: {"id": row[0], "started": row[1] == "started", "learner": row[5] == "true"}
                for row in rows}


class Writer:
    """Writes one key after the other until it is stopped, and then says which were acknowledged."""

    def __init__(self, kvctl: Kvctl):
        self.kvctl, self.done, self.keys, self.failures = kvctl, threading.Event(), [], []
        self.thread = threading.Thread(target=self.write)

    def __enter__(self) -> "Writer":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.done.set()
        self.thread.join()

    def write(self) -> None:
        while not self.done.is_set():
            key = f"w/{len(self.keys):06}"
            done = self.kvctl.run("put", key, key)
            if done.returncode == 0:
                self.keys.append(key)
            else:
                self.failures.append(done.stderr)


def add_server(cluster, name: str, directory: str = "", peer_port: int = 0) -> Server:
    """A server that is no member yet; not started."""
    server = Server(
        kind="kvd", name=name, directory=cluster.directory / (directory or name), client_port=free_port(),
        peer_port=peer_port or free_port(), flags=("--initial-cluster-state=existing",),
    )
    cluster.servers.append(server)
    return server


def url(server) -> str:
    return f"--peer-urls=http://127.0.0.1:{server.peer_port}"


def join(server, added: str) -> Server:
    """Starts it with what member add printed."""
    settings = dict(line.split("=", 1) for line in added.splitlines() if line.startswith("ETCD_"))
    server.initial_cluster = settings["ETCD_INITIAL_CLUSTER"].strip('"')
    return server.start()


@contextlib.contextmanager
def settled(size: int):
    """A cluster whose members may change, and kvctl before it."""
    with Cluster("kvd", size) as cluster:
        time.sleep(ACTIVE_AFTER_SECONDS + places.time_scale())
        yield cluster, Kvctl(cluster)


class Members(unittest.TestCase):
    def all_have(self, cluster, keys: list) -> None:
        for server in cluster.running():
            with Api(server.endpoint) as api:
                found = {bytes(kv.key).decode() for kv in api.range(b"w/", range_end=b"w0", keys_only=True).kvs}
            self.assertEqual([key for key in keys if key not in found], [], server.name)

    def test_one_becomes_three_while_it_is_written_to(self):
        with settled(1) as (cluster, kvctl):
            with Writer(kvctl) as writer:
                for name in ("n2", "n3"):
                    server = add_server(cluster, name)
                    join(server, kvctl("member", "add", name, url(server), endpoints=cluster.servers[0].endpoint))
                    server.wait_healthy(WAIT_SECONDS)
                    ident = kvctl.members()[name]["id"]
                    kvctl("wait", "member", ident, "synced")
                    time.sleep(ACTIVE_AFTER_SECONDS + places.time_scale())
            self.assertEqual(writer.failures, [])
            self.all_have(cluster, writer.keys)
            cluster.leader().kill()
            kvctl("wait", "quorum")
            kvctl("put", "after", "the leader")
            self.assertEqual(kvctl("get", "after", "--print-value-only"), "the leader\n")

    def test_a_learner_votes_when_it_is_told_to(self):
        with settled(1) as (cluster, kvctl):
            server = add_server(cluster, "n2")
            added = kvctl("member", "add", "n2", "--learner", url(server))
            self.assertIn("added as learner to cluster", added)
            ident = next(key for key, member in kvctl.members().items() if member["learner"])
            early = kvctl.run("member", "promote", ident)
            self.assertIn("in sync with leader", early.stderr)
            join(server, added)
            kvctl("wait", "member", ident, endpoints=cluster.servers[0].endpoint)
            refused = kvctl.run("get", "x", endpoints=server.endpoint)
            self.assertIn("rpc not supported for learner", refused.stderr)
            self.assertEqual(kvctl.run("get", "x", "--consistency=s", endpoints=server.endpoint).stderr, "")
            self.assertIn("Member", kvctl("member", "promote", ident, endpoints=cluster.servers[0].endpoint))
            kvctl("wait", "member", ident, "voter")
            server.wait_healthy(WAIT_SECONDS)
            self.assertEqual(kvctl("move-leader", ident).split()[-1], ident)

    def test_a_learner_votes_by_itself(self):
        with settled(1) as (cluster, kvctl):
            server = add_server(cluster, "n2")
            join(server, kvctl("member", "add", "n2", "--promote", url(server)))
            kvctl("wait", "member", next(k for k, m in kvctl.members().items() if m["learner"]), "voter",
                  endpoints=cluster.servers[0].endpoint)
            self.assertEqual([m["learner"] for m in kvctl.members().values()], [False, False])

    def test_a_lost_disk_is_replaced_at_the_same_address(self):
        with settled(3) as (cluster, kvctl):
            lost = cluster.follower()
            ident = kvctl.members()[lost.name]["id"]
            with Writer(kvctl) as writer:
                lost.kill()
                cluster.servers.remove(lost)
                server = add_server(cluster, "n4", peer_port=lost.peer_port)
                join(server, kvctl("member", "replace", ident, "n4", url(server)))
                kvctl("wait", "member", ident, "gone")
                server.wait_healthy(WAIT_SECONDS)
            self.assertEqual(writer.failures, [])
            self.all_have(cluster, writer.keys)
            members = kvctl.members()
            self.assertEqual(sorted(members), sorted([s.name for s in cluster.servers]))
            self.assertFalse(any(member["learner"] for member in members.values()))

    def test_a_member_that_is_removed_ends_and_cannot_come_back(self):
        with settled(3) as (cluster, kvctl):
            leader = cluster.leader()
            ident = kvctl.members()[leader.name]["id"]
            with Writer(kvctl) as writer:
                kvctl("member", "remove", ident)
                leader.wait_exit(WAIT_SECONDS)
            self.assertEqual([text for text in writer.failures if "outcome unknown" not in text], [])
            self.all_have(cluster, writer.keys)
            again = kvctl.run("member", "remove", ident)
            self.assertIn("etcdserver: member not found", again.stderr)
            leader.start()
            leader.wait_exit(WAIT_SECONDS)
            self.assertEqual(len(kvctl.members()), 2)

    def test_a_learner_that_is_removed_ends_within_seconds(self):
        with settled(1) as (cluster, kvctl):
            for paused in (False, True):
                server = add_server(cluster, f"paused-{paused}")
                join(server, kvctl("member", "add", server.name, "--learner", url(server)))
                leader = cluster.servers[0].endpoint
                ident = next(key for key, member in kvctl.members().items() if member["learner"])
                kvctl("wait", "member", ident, endpoints=leader)
                if paused:
                    server.pause()  # then it hears of the change itself, but never that it was committed
                kvctl("member", "remove", ident, endpoints=leader)
                if paused:
                    kvctl("wait", "member", ident, "gone", endpoints=leader)
                    server.resume()
                self.assertEqual(server.wait_exit(ENDS_WITHIN_SECONDS), REMOVED)

    def test_a_voter_that_slept_through_its_removal_ends_within_seconds(self):
        with settled(3) as (cluster, kvctl):
            server = cluster.follower()
            ident = kvctl.members()[server.name]["id"]
            server.pause()
            awake = ",".join(other.endpoint for other in cluster.running() if other is not server)
            kvctl("member", "remove", ident, endpoints=awake)
            kvctl("wait", "member", ident, "gone", endpoints=awake)
            server.resume()
            self.assertEqual(server.wait_exit(ENDS_WITHIN_SECONDS), REMOVED)

    def test_the_member_with_the_highest_priority_leads_when_it_can(self):
        with settled(3) as (cluster, kvctl):
            preferred = cluster.follower()
            preferred.terminate()
            preferred.flags = ("--election-priority=5",)
            for _ in range(2):
                kvctl("wait", "quorum")
                kvctl("put", "while", "another leads")
                preferred.start().wait_healthy(WAIT_SECONDS)
                deadline = time.monotonic() + WAIT_SECONDS * places.time_scale()
                while cluster.leader() is not preferred:
                    self.assertLess(time.monotonic(), deadline)
                preferred.kill()

    def test_a_member_moves_to_another_address(self):
        with settled(3) as (cluster, kvctl):
            moving = cluster.follower()
            ident = kvctl.members()[moving.name]["id"]
            moving.terminate()
            before, moving.peer_port = moving.peer_port, free_port()
            moving.initial_cluster = moving.initial_cluster.replace(str(before), str(moving.peer_port))
            moving.flags = ("--initial-cluster-state=existing",)  # its data says who it is
            kvctl("member", "update", ident, url(moving))
            moving.start()
            kvctl("wait", "member", ident, "synced")
            kvctl("put", "moved", "yes")
            self.assertEqual(kvctl("get", "moved", "--print-value-only", endpoints=moving.endpoint), "yes\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
