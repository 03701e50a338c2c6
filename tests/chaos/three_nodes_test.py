#!/usr/bin/env python3
"""Three real servers under concurrent clients, killed again and again: nothing acknowledged is ever lost.

Usage: three_nodes_test.py [--kind kvd|etcd] [--kills N]
KVD_BIN_DIR says which binaries, KVD_TIME_SCALE how much slower they may be, KVD_CHAOS_KILLS how often to kill.
"""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import checks  # noqa: E402
import places  # noqa: E402
import watch_checks  # noqa: E402
from api import Api, grpc  # noqa: E402
from cluster import Cluster  # noqa: E402
from watchers import PairWriter, Watcher  # noqa: E402
from workload import Client  # noqa: E402

CLIENTS = 8
KEYS = [b"chaos/%02d" % number for number in range(12)]
PAIR = (b"chaos/pair/a", b"chaos/pair/b")
# All of them.
SPAN = (b"chaos/", b"chaos0")
# The promise: after a leader's death a write is answered within this time.
RECOVERY_SECONDS = 3.0
# Keeps the history short enough to be read back version by version.
PAUSE_SECONDS = 0.004
PAIR_PAUSE_SECONDS = 0.05


class Story:
    """The cluster, its clients, and what is done to them."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.scale = places.time_scale()
        endpoints = [server.endpoint for server in cluster.servers]
        self.apis = {server.name: Api(server.endpoint) for server in cluster.servers}
        self.clients = [Client(n, endpoints, KEYS, PAUSE_SECONDS * self.scale) for n in range(CLIENTS)]
        self.pairs = PairWriter(endpoints, PAIR, PAIR_PAUSE_SECONDS * self.scale)
        self.watchers = [Watcher(f"watch at {server.name}", [server.endpoint], *SPAN) for server in cluster.servers]
        self.watchers += [
            Watcher("watch that moves on", endpoints, *SPAN),
            Watcher("watch that needs a leader", endpoints, *SPAN, needs_leader=True),
            Watcher("watch of one key", endpoints, KEYS[3], b""),
        ]
        self.probes = 0
        self.faults = []

    def begin(self) -> None:
        for thread in (*self.watchers, self.pairs, *self.clients):
            thread.start()
        self.let_work(0.5)

    def end(self) -> list:
        for thread in (self.pairs, *self.clients):
            thread.stop()
        self.pairs.join(30 * self.scale)
        for client in self.clients:
            client.join(30 * self.scale)
            client.close()
            if client.fault:
                raise client.fault
        return [operation for client in self.clients for operation in client.operations]

    def let_work(self, seconds: float) -> None:
        time.sleep(seconds)

    def seconds_to_write(self, limit: float, among: list | None = None) -> float:
        """Time until some running member acknowledges a write of ours; `limit` when none does."""
        began = time.monotonic()
        while (now := time.monotonic() - began) < limit:
            for server in among or self.cluster.running():
                self.probes += 1
                try:
                    self.apis[server.name].put(b"probe", b"%d" % self.probes, timeout=0.3 * self.scale)
                    return time.monotonic() - began
                except grpc.RpcError:
                    continue
            time.sleep(0.005)
        return now

    def expect_writes(self, what: str, limit: float = RECOVERY_SECONDS, among: list | None = None) -> None:
        limit *= self.scale
        took = self.seconds_to_write(limit * 3, among)
        print(f"  {what}: a write is answered after {took * 1000:.0f} ms", flush=True)
        if took > limit:
            self.faults.append(f"{what}: no write was answered within {limit:g} s")


def kill_the_leader(story: Story) -> None:
    leader = story.cluster.leader()
    leader.kill()
    story.expect_writes(f"leader {leader.name} killed")
    story.let_work(0.3 * story.scale)
    leader.start().wait_healthy(30)


def kill_a_follower(story: Story) -> None:
    follower = story.cluster.follower()
    follower.kill()
    story.expect_writes(f"follower {follower.name} killed")
    follower.start().wait_healthy(30)


def kill_all(story: Story) -> None:
    for server in story.cluster.servers:
        os.kill(server.process.pid, 9)
    for server in story.cluster.servers:
        server.kill()
    for server in story.cluster.servers:
        server.start()
    # Three processes start, read their logs and elect: what a kill of one leader takes, and their start.
    story.expect_writes("all three killed at once", limit=RECOVERY_SECONDS + 2)
    for server in story.cluster.servers:
        server.wait_healthy(30)


def pause_a_follower(story: Story) -> None:
    follower = story.cluster.follower()
    others = [server for server in story.cluster.servers if server is not follower]
    follower.pause()
    try:
        story.let_work(2.5)  # longer than an election timeout
        story.expect_writes(f"follower {follower.name} paused", limit=1, among=others)
    finally:
        follower.resume()
    story.expect_writes(f"follower {follower.name} resumed", limit=2, among=[follower])


def pause_the_leader(story: Story) -> None:
    leader = story.cluster.leader()
    others = [server for server in story.cluster.servers if server is not leader]
    leader.pause()
    try:
        story.expect_writes(f"leader {leader.name} paused", among=others)
        story.let_work(0.5)
    finally:
        leader.resume()
    story.expect_writes(f"old leader {leader.name} resumed", limit=2, among=[leader])


def stop_the_leader(story: Story) -> None:
    leader = story.cluster.leader()
    status = leader.terminate(30)
    print(f"  leader {leader.name} asked to stop: it ended with {status}", flush=True)
    if status not in (0, -15):
        story.faults.append(f"SIGTERM: the leader ended with {status}")
    # Leadership was handed over before the end: nobody has to wait for an election timeout.
    story.expect_writes(f"leader {leader.name} stopped", limit=0.5)
    leader.start().wait_healthy(30)


def verdict(story: Story, operations: list) -> list:
    writes = [o for o in operations if o.kind != "get" and o.done is not None and o.applied]
    unknown = [o for o in operations if o.done is None]
    reads = [o for o in operations if o.kind == "get"]
    print(f"  {len(writes)} acknowledged writes, {len(unknown)} without an answer, {len(reads)} reads", flush=True)
    if not writes or not reads:
        story.faults.append("the clients did nothing: this test has shown nothing")
    apis = list(story.apis.values())
    history = checks.read_history(apis[0], KEYS)
    story.faults += checks.check_versions(history)
    story.faults += checks.check_writes(history, operations)
    story.faults += checks.check_reads(history, operations)
    story.faults += checks.check_order(history, operations)
    story.faults += checks.check_members_agree(apis, *SPAN)
    story.faults += watched(story, history | checks.read_history(apis[0], list(PAIR)))
    return story.faults


def watched(story: Story, history: dict) -> list:
    """What the watches were told is what happened."""
    faults, changes = [], watch_checks.changes_of(history)
    last = changes[-1].revision
    for watcher in story.watchers:
        if not watcher.wait(last, 30 * story.scale):
            faults.append(f"{watcher.name}: told up to {watcher.reached} only, not to {last}")
        watcher.stop()
    for watcher in story.watchers:
        watcher.join(30 * story.scale)
        if watcher.fault:
            raise watcher.fault
        covered = [c for c in changes if c.key == watcher.begin or watcher.begin <= c.key < watcher.end]
        faults += watch_checks.check_watch(watcher.name, watcher.streams, covered, last)
    streams = sum(len(watcher.streams) for watcher in story.watchers)
    print(f"  {len(story.watchers)} watches, {streams} streams, {len(changes)} changes", flush=True)
    return faults


def run(kind: str, kills: int) -> int:
    with Cluster(kind, 3) as cluster:
        story = Story(cluster)
        story.begin()
        try:
            for number in range(kills):
                kill_the_leader(story)
                if number % 4 == 3:
                    kill_a_follower(story)
            pause_a_follower(story)
            pause_the_leader(story)
            stop_the_leader(story)
            kill_all(story)
            kill_the_leader(story)
            story.let_work(0.5)
        finally:
            operations = story.end()
        faults = verdict(story, operations)
        for fault in faults[:20]:
            print(fault, flush=True)
        if faults:
            raise SystemExit(f"{len(faults)} faults")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=("kvd", "etcd"), default="kvd")
    parser.add_argument("--kills", type=int, default=int(os.environ.get("KVD_CHAOS_KILLS", "12")))
    options = parser.parse_args()
    began = time.monotonic()
    status = run(options.kind, options.kills)
    print(f"{options.kills + 1} leaders killed in {time.monotonic() - began:.0f} s", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
