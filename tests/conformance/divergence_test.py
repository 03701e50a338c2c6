#!/usr/bin/env python3
"""A member whose state on disk is not the others' is named, serves nothing, and gets the state of another one."""

import subprocess
import sys
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api, grpc  # noqa: E402
from cluster import Cluster  # noqa: E402
from watching import Ended, WatchStream  # noqa: E402

WAIT_SECONDS = 40
KEYS = 200
ENVIRONMENT = {}  # of kvctl


def kvctl(endpoint: str, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [places.binary("kvctl"), f"--endpoints={endpoint}", f"--timeout={int(5 * places.time_scale())}s", *words],
        capture_output=True, text=True, timeout=60 * places.time_scale(), check=False,
        env=places.environment(**ENVIRONMENT),
    )


def alter(server, key: str, value: str) -> None:
    """With the server stopped, as a bug or a disk that lies might do it: all checksums are right."""
    state = max((server.data_dir / "snap").iterdir())
    subprocess.run([places.binary("alter_state"), str(state), key, value], check=True, timeout=60)


def wait_for(condition, what: str, servers=()) -> None:
    deadline = time.monotonic() + WAIT_SECONDS * places.time_scale()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {WAIT_SECONDS} s\n" + "\n".join(s.log_tail() for s in servers))
        time.sleep(0.05)


def alarms(endpoint: str) -> str:
    return kvctl(endpoint, "alarm", "list").stdout


def watchers(server) -> int:
    """How many watches it has, as it says itself."""
    text = server.http("/metrics")[1]
    return next((int(float(line.split()[1])) for line in text.splitlines()
                 if line.startswith("etcd_debugging_mvcc_watcher_total ")), 0)


class Divergence(unittest.TestCase):
    def fill(self, endpoint: str) -> None:
        for i in range(KEYS):
            done = kvctl(endpoint, "put", f"k/{i:03}", "right")
            self.assertEqual(done.returncode, 0, done.stderr)

    def settled(self, cluster) -> bool:
        return all(kvctl(s.endpoint, "get", "k/007", "--print-value-only").stdout == "right\n"
                   for s in cluster.servers)

    def check_replaced(self, cluster, victim, starts: int) -> None:
        others = [s for s in cluster.servers if s is not victim]
        victim.start()
        wait_for(lambda: "event=state-diverged" in victim.log(), "the odd one is named", cluster.servers)
        line = next(one for one in victim.log().splitlines() if "event=state-diverged" in one)
        for field in (" entry=", " own_hash=", " other_hash=", " others="):
            self.assertIn(field, line)
        wait_for(lambda: "event=state-fetched" in victim.log(), "another state is fetched", cluster.servers)
        wait_for(lambda: victim.is_healthy() and self.settled(cluster), "all serve again", cluster.servers)
        wait_for(lambda: alarms(others[0].endpoint) == "", "the alarm is taken back", cluster.servers)
        self.assertEqual(victim.starts, starts, "it came back in the same process")
        self.assertTrue(victim.is_running())
        self.assertEqual(kvctl(victim.endpoint, "put", "after", "all").returncode, 0)
        hashes = {kvctl(s.endpoint, "endpoint", "hashkv", "--rev=100").stdout.split(",")[-1] for s in cluster.servers}
        self.assertEqual(len(hashes), 1, hashes)
        for server in others:
            self.assertNotIn("event=state-diverged", server.log())

    def test_a_follower_whose_state_was_altered_is_given_the_state_of_another(self):
        with Cluster("kvd", 3) as cluster:
            self.fill(cluster.endpoints)
            leader = cluster.leader()
            victim = next(s for s in cluster.servers if s is not leader)
            victim.terminate()
            alter(victim, "k/007", "wrong")
            self.check_replaced(cluster, victim, 2)
            aside = list(victim.data_dir.glob("snap-diverged-*"))
            self.assertEqual(len(aside), 1)
            # A second time it is not done before somebody has looked at the first.
            victim.terminate()
            alter(victim, "k/008", "wrong")
            victim.start()
            wait_for(lambda: "event=state-not-replaced" in victim.log(), "it is left to people", cluster.servers)
            refused = kvctl(victim.endpoint, "get", "k/007", "--consistency=s")
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("corrupt cluster", refused.stderr)
            healthy = next(s for s in cluster.servers if s is not victim)
            self.assertIn("alarm:CORRUPT", alarms(healthy.endpoint))
            self.assertIn("corrupt cluster", kvctl(healthy.endpoint, "put", "x", "y").stderr)
            subprocess.run(["rm", "-r", str(aside[0])], check=True)
            victim.terminate()
            self.check_replaced(cluster, victim, 4)

    def test_its_log_may_be_cut(self):
        with Cluster("kvd", 3, flags=("--snapshot-count=50", "--snapshot-catchup-entries=10")) as cluster:
            self.fill(cluster.endpoints)
            leader = cluster.leader()
            victim = next(s for s in cluster.servers if s is not leader)
            victim.terminate()
            alter(victim, "k/007", "wrong")
            self.check_replaced(cluster, victim, 2)

    def test_peers_and_clients_may_speak_tls(self):
        with Cluster("kvd", 3, tls=True) as cluster:
            self.fill(cluster.endpoints)
            leader = cluster.leader()
            victim = next(s for s in cluster.servers if s is not leader)
            victim.terminate()
            alter(victim, "k/007", "wrong")
            self.check_replaced(cluster, victim, 2)
            self.assertIn("event=state-fetched from=https://", victim.log())

    def test_with_authentication_it_is_given_the_state_all_the_same(self):
        root = {"KVCTL_USER": "root:secret"}
        with Cluster("kvd", 3) as cluster:
            self.fill(cluster.endpoints)
            for words in (("user", "add", "root:secret"), ("user", "grant-role", "root", "root"), ("auth", "enable")):
                done = kvctl(cluster.endpoints, *words)
                self.assertEqual(done.returncode, 0, done.stderr)
            leader = next(s for s in cluster.servers if "etcd_server_is_leader 1" in s.http("/metrics")[1])
            victim = next(s for s in cluster.servers if s is not leader)
            victim.terminate()
            alter(victim, "k/007", "wrong")
            with mock.patch.dict(ENVIRONMENT, root):
                self.check_replaced(cluster, victim, 2)

    def test_its_watches_end_and_their_clients_go_on_elsewhere(self):
        with Cluster("kvd", 3) as cluster:
            self.fill(cluster.endpoints)
            leader = cluster.leader()
            victim = next(s for s in cluster.servers if s is not leader)
            others = [s for s in cluster.servers if s is not victim]
            victim.terminate()
            alter(victim, "k/007", "wrong")
            # It stays as it is, so that its end is not what ends the watches.
            (victim.data_dir / "snap-diverged-1").mkdir()
            for other in others:
                other.pause()  # nobody tells it yet
            victim.start()
            wait_for(lambda: "event=serving" in victim.log().split("---- start 2")[1], "it serves", [victim])
            with Api(victim.endpoint) as api, WatchStream(api.channel) as stream:
                stream.create(b"k/", b"k0", start=KEYS)
                self.assertTrue(stream.next().created)
                seen = stream.next()
                self.assertEqual([event.kv.mod_revision for event in seen.events], [KEYS, KEYS + 1])
                for other in others:
                    other.resume()
                with self.assertRaises(Ended) as ended:
                    stream.next(WAIT_SECONDS * places.time_scale())
                self.assertEqual(ended.exception.code, grpc.StatusCode.UNAVAILABLE)
            self.assertIn("event=state-diverged", victim.log())
            wait_for(lambda: "alarm:CORRUPT" in alarms(others[0].endpoint), "the alarm is on", cluster.servers)
            disarmed = kvctl(others[0].endpoint, "alarm", "disarm")
            self.assertEqual(disarmed.returncode, 0, disarmed.stderr)
            done = kvctl(others[0].endpoint, "put", "k/new", "right")
            self.assertEqual(done.returncode, 0, done.stderr)
            with Api(others[0].endpoint) as api, WatchStream(api.channel) as stream:
                stream.create(b"k/", b"k0", start=KEYS + 2)
                self.assertTrue(stream.next().created)
                self.assertEqual([event.kv.key for event in stream.next().events], [b"k/new"])
            everywhere = ",".join(s.endpoint for s in [victim, *others])  # who asks it first goes on to the next
            for words in (("get", "k/007", "--consistency=s"), ("watch", "k/new", f"--rev={KEYS + 2}", "--once")):
                done = kvctl(everywhere, *words)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("right", done.stdout)
            self.assertEqual((victim.is_running(), victim.starts), (True, 2), "that is not why the watch ended")

    def test_a_leader_may_be_the_odd_one(self):
        with Cluster("kvd", 3) as cluster:
            self.fill(cluster.endpoints)
            victim = cluster.leader()
            for server in cluster.servers:
                server.terminate()
            alter(victim, "k/007", "wrong")
            for server in cluster.servers:
                if server is not victim:
                    server.start()
            self.check_replaced(cluster, victim, 2)

    def test_two_that_differ_are_left_to_people(self):
        with Cluster("kvd", 2) as cluster:
            self.fill(cluster.endpoints)
            leader = cluster.leader()
            victim = next(s for s in cluster.servers if s is not leader)
            victim.terminate()
            alter(victim, "k/007", "wrong")
            victim.start()
            wait_for(lambda: "alarm:CORRUPT" in alarms(cluster.endpoints), "the alarm is on", cluster.servers)
            words = leader.log() + victim.log()
            self.assertIn("event=states-differ", words)
            self.assertIn("no state is that of a majority", words)
            self.assertNotIn("event=state-set-aside", words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
