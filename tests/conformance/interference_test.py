#!/usr/bin/env python3
"""What one client does to another: floods and slow readers leave the others as fast as they were (rows 15 and 24).

Each is measured against a control in which the same load falls on another server of the same machine: what remains is what
this server lets one client do to another.
"""

import json
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api  # noqa: E402
from cluster import Cluster  # noqa: E402
from raw_grpc import WATCH, Client, create_watch  # noqa: E402
from watching import WatchStream  # noqa: E402

PATIENCE = 30 * places.time_scale()
CLOSE_SECONDS = 10
ENHANCE_YOUR_CALM = 11
SLOWER = 2.0  # times the control's p99, at most
FLOOR = 0.003  # seconds: below it latencies are the machine's
ROUNDS = 8  # of which one must show it: others' load on the machine only ever adds
PUTS = 300
SLOW_READERS = 100


def percentile(values: list, share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Attack:
    """A hostile process; use as a context manager, then look at `seen`."""

    def __init__(self, kind: str, port: int):
        self.command = [sys.executable, "-B", str(Path(__file__).with_name("flood.py")), kind, str(port)]
        self.seen = None

    def __enter__(self) -> "Attack":
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_) -> None:
        output, _ = self.process.communicate(timeout=60)
        self.seen = json.loads(output)


class Interference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clusters = [Cluster("kvd", 1), Cluster("kvd", 1)]
        for cluster in cls.clusters:
            cluster.start()
        cls.server, cls.decoy = (cluster.servers[0] for cluster in cls.clusters)
        cls.api = Api(cls.server.endpoint)

    @classmethod
    def tearDownClass(cls):
        cls.api.channel.close()
        for cluster in cls.clusters:
            cluster.__exit__(None, None, None)

    def p99_of_puts(self) -> float:
        """Of a client that has nothing to do with it, in seconds."""
        taken = []
        for number in range(PUTS):
            began = time.monotonic()
            self.api.put(b"good/%d" % (number % 10), b"x", timeout=PATIENCE)
            taken.append(time.monotonic() - began)
        return percentile(taken, 0.99)

    def assert_as_fast(self, what: str, control, measured) -> None:
        """`measured()` is below twice `control()`, in one of some rounds."""
        seen = []
        for _ in range(ROUNDS):
            seen.append((control(), measured()))
            if seen[-1][1] < SLOWER * max(seen[-1][0], FLOOR):
                break
        text = ", ".join(f"{1000 * alone:.1f} ms and {1000 * beside:.1f} ms" for alone, beside in seen)
        print(f"{what}: p99 of others without and with it: {text}", flush=True)
        if places.time_scale() == 1:
            self.assertLess(seen[-1][1], SLOWER * max(seen[-1][0], FLOOR), what)

    def assert_floods_are_stopped(self, kind: str, codes: set) -> None:
        attacks = []

        def p99_under_attack(server) -> float:
            with Attack(kind, server.client_port) as attack:
                taken = self.p99_of_puts()
                began = time.monotonic()
                while kind == "slowly" and server is self.server and time.monotonic() - began < CLOSE_SECONDS + 2:
                    self.p99_of_puts()  # until the first of them have been ended
            if server is self.server:
                attacks.append(attack.seen)
            return taken

        self.assert_as_fast(kind, lambda: p99_under_attack(self.decoy), lambda: p99_under_attack(self.server))
        seen = attacks[-1]
        print(f"{kind}: {seen}", flush=True)
        self.assertGreater(seen["connections"], 0, "no flood was ended")
        self.assertLess(seen["longest"], (CLOSE_SECONDS + 2) * places.time_scale())
        self.assertEqual(set(seen["codes"]), codes)

    def test_streams_reset_as_soon_as_they_are_opened(self):
        self.assert_floods_are_stopped("resets", {ENHANCE_YOUR_CALM})

    def test_floods_of_pings(self):
        self.assert_floods_are_stopped("pings", {ENHANCE_YOUR_CALM})

    def test_floods_of_settings(self):
        self.assert_floods_are_stopped("settings", set())

    def test_headers_that_never_end(self):
        self.assert_floods_are_stopped("continuations", set())

    def test_requests_a_byte_at_a_time(self):
        self.assert_floods_are_stopped("slowly", set())

    def test_slow_watchers_delay_neither_an_apply_nor_another_watcher(self):
        value = b"x" * 10_000

        def p99_of_put_and_event(server) -> float:
            """The slow ones watch the same keys, at this server or at the other; that one gets the same puts."""
            slow = []
            for _ in range(SLOW_READERS):
                slow.append(Client(server.client_port, None))
                slow[-1].call(WATCH, create_watch(b"w/", b"w0"), ends=False)
            taken = []
            with Api(self.decoy.endpoint) as decoy, WatchStream(self.api.channel) as prompt:
                prompt.create(b"w/", b"w0")
                prompt.next(PATIENCE)
                for number in range(PUTS):
                    decoy.put(b"w/%d" % (number % 10), value, timeout=PATIENCE)
                    began = time.monotonic()
                    self.api.put(b"w/%d" % (number % 10), value, timeout=PATIENCE)
                    prompt.next(PATIENCE)
                    taken.append(time.monotonic() - began)
            for client in slow:
                client.close()
            return percentile(taken, 0.99)

        self.assert_as_fast(f"{SLOW_READERS} watchers that read nothing", lambda: p99_of_put_and_event(self.decoy),
                            lambda: p99_of_put_and_event(self.server))


if __name__ == "__main__":
    unittest.main(verbosity=1)
