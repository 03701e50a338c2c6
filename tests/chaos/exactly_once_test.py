#!/usr/bin/env python3
"""Answers are lost and leaders are killed while kvctl writes: every write is made once, and kvctl always knows.

Usage: exactly_once_test.py [--kills N]
KVD_BIN_DIR says which binaries, KVD_TIME_SCALE how much slower they may be.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from cluster import Cluster  # noqa: E402
from lossy_proxy import LossyProxy  # noqa: E402

WRITERS = 4
LOSS = 0.2
# Each command may take so long; while a majority runs, a retry can tell in much less.
TIMEOUT_SECONDS = 40
# No member could be reached: certainly nothing was written. So a script may give the command again, and that is held against
# kvctl here too: had it been written, the numbers and versions would tell.
UNAVAILABLE = 69
# Of commands (libkv/machine/command_version.h): from it on writes may be numbered.
SESSIONS_VERSION = 2


class Writer(threading.Thread):
    """Runs one kvctl after the other, each with a session of its own."""

    def __init__(self, number: int, endpoints: str):
        super().__init__(name=f"writer-{number}", daemon=True)
        self.endpoints, self.own = endpoints, f"own/{number}"
        self.stopping = threading.Event()
        self.faults, self.counts = [], []
        self.version = 0

    def run(self) -> None:
        while not self.stopping.is_set() and not self.faults:
            self._count()
            self._claim()
            self._import()

    def _kvctl(self, *words: str) -> str:
        until = time.monotonic() + TIMEOUT_SECONDS * places.time_scale()
        done = self._run(words)
        while done.returncode == UNAVAILABLE and time.monotonic() < until:
            done = self._run(words)
        return self._take(words, done)

    def _take(self, words: tuple, done: subprocess.CompletedProcess) -> str:
        if done.returncode != 0:
            self.faults.append(f"kvctl {' '.join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def _run(self, words: tuple, stdin: str = "") -> subprocess.CompletedProcess:
        timeout = TIMEOUT_SECONDS * places.time_scale()
        return subprocess.run(
            [places.binary("kvctl"), f"--endpoints={self.endpoints}", f"--timeout={timeout:.0f}s", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=2 * timeout,
            env=places.environment(),
            check=False,
        )

    def _count(self) -> None:
        """Nobody else gets the same number, and no number is passed over."""
        self.counts.append(self._kvctl("incr", "counter").strip())

    def _claim(self) -> None:
        """Nobody else writes this key: a conflict could only be with an attempt of the same command."""
        self._kvctl("put", self.own, str(self.version), f"--if-version={self.version}")
        self.version += 1

    def _import(self) -> None:
        """Many writes of one session under way at once: each key gets one version.

        When nobody could be reached some of them may be there: another import would write those again.
        """
        lines = "".join(f'{{"key":"{self.own}/{self.version}/{n}","value":"v"}}\n' for n in range(120))
        done = self._run(("import",), lines)
        if done.returncode != UNAVAILABLE:
            self._take(("import",), done)


def command_version(server) -> int:
    lines = server.http("/metrics")[1].splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("kvd_command_version "))


def wait_for_sessions(servers: list) -> None:
    """Until all members have told each other that they know sessions, kvctl writes without."""
    deadline = time.monotonic() + 30 * places.time_scale()
    while not all(command_version(server) >= SESSIONS_VERSION for server in servers):
        if time.monotonic() > deadline:
            raise SystemExit("the members have not agreed on sessions")
        time.sleep(0.05)


def check(writers: list, endpoint: str) -> list:
    faults = [fault for writer in writers for fault in writer.faults]
    counts = sorted(int(count) for writer in writers for count in writer.counts if count)
    if counts != list(range(1, len(counts) + 1)):
        faults.append(f"the numbers that were told are not 1 to {len(counts)}: {counts}")
    listed = subprocess.run(
        [places.binary("kvctl"), f"--endpoints={endpoint}", "get", "", "--prefix", "-w", "jsonl"],
        capture_output=True,
        text=True,
        env=places.environment(),
        check=True,
    )
    versions = {row["key"]: row["version"] for row in map(json.loads, listed.stdout.splitlines())}
    if versions.get("counter") != len(counts):
        faults.append(f"the counter has version {versions.get('counter')} after {len(counts)} increments")
    for writer in writers:
        if versions.get(writer.own) != writer.version:
            faults.append(f"{writer.own} has version {versions.get(writer.own)}, not {writer.version}")
    doubled = {key: version for key, version in versions.items() if key.count("/") == 3 and version != 1}
    if doubled:
        faults.append(f"written more than once: {doubled}")
    return faults


def run(kills: int) -> int:
    with Cluster("kvd", 3) as cluster, contextlib.ExitStack() as stack:
        wait_for_sessions(cluster.servers)
        proxies = [
            stack.enter_context(LossyProxy(server.client_port, LOSS, seed))
            for seed, server in enumerate(cluster.servers)
        ]
        endpoints = [proxy.endpoint for proxy in proxies]
        writers = [Writer(n, ",".join(endpoints[n % 3 :] + endpoints[: n % 3])) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        for number in range(kills):
            time.sleep(1.5 * places.time_scale())
            leader = cluster.leader()
            leader.kill()
            print(f"  leader {leader.name} killed", flush=True)
            time.sleep(1.0 * places.time_scale())
            leader.start().wait_healthy(30)
            if number % 2:
                paused = cluster.leader()
                paused.pause()
                time.sleep(2.5 * places.time_scale())
                paused.resume()
                print(f"  leader {paused.name} paused and resumed", flush=True)
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(3 * TIMEOUT_SECONDS * places.time_scale())
        lost = sum(proxy.lost for proxy in proxies)
        made = sum(len(writer.counts) for writer in writers)
        print(f"  {made} rounds of {WRITERS} writers, {lost} answers lost", flush=True)
        faults = check(writers, cluster.servers[0].endpoint)
        if made < kills or lost < made / 2:
            faults.append("too little was written or lost: this test has shown nothing")
        for fault in faults[:20]:
            print(fault, flush=True)
        if faults:
            raise SystemExit(f"{len(faults)} faults")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=4)
    return run(parser.parse_args().kills)


if __name__ == "__main__":
    sys.exit(main())
