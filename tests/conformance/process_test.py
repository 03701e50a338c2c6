#!/usr/bin/env python3
"""kvd as a process: what it tells systemd, how signals end it, what it says when it may not start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api, rpc_pb2  # noqa: E402
from cluster import Cluster  # noqa: E402
from ports import free_port  # noqa: E402
from server import Server  # noqa: E402

NO_INPUT, NO_PERMISSION, NOBODY = 66, 77, 65534


class Process(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="kvd-process-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def server(self, **more) -> Server:
        server = Server(kind="kvd", name="n1", directory=self.directory / "n1", client_port=free_port(),
                        peer_port=free_port(), **more)
        self.addCleanup(server.kill)
        return server

    def wait_for(self, condition, what: str):
        deadline = time.monotonic() + 20 * places.time_scale()
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)


def accepts(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Systemd(Process):
    def listen(self) -> str:
        path = str(self.directory / "notify")
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notices.close)
        self.notices.bind(path)
        self.notices.settimeout(20 * places.time_scale())
        return path

    def next_with(self, word: str) -> str:
        while True:
            notice = self.notices.recv(4096).decode()
            if word in notice:
                return notice

    def test_ready_when_it_serves_and_stopping_when_it_stops(self):
        server = self.server(environment={"NOTIFY_SOCKET": self.listen()})
        server.start()
        self.assertIn("STATUS=leader", self.next_with("READY=1"))
        self.assertTrue(server.is_healthy(), "it said that it is ready")
        os.kill(server.process.pid, signal.SIGTERM)
        self.next_with("STOPPING=1")
        self.assertEqual(server.wait_exit(), -signal.SIGTERM)

    def test_the_first_answer_of_a_new_member_names_it(self):
        """Else a member that is added at once is refused: too few seem to have started."""
        for _ in range(5):
            server = self.server(environment={"NOTIFY_SOCKET": self.listen()})
            server.start()
            self.wait_for(lambda: accepts(server.client_port), "it does not listen")
            with Api(server.endpoint) as api:
                first = api.cluster.MemberList(rpc_pb2.MemberListRequest(), timeout=20 * places.time_scale())
                self.assertEqual([(m.name, list(m.clientURLs)) for m in first.members],
                                 [("n1", [f"http://{server.endpoint}"])])
                added = api.cluster.MemberAdd(rpc_pb2.MemberAddRequest(peerURLs=["http://127.0.0.1:9"]),
                                              timeout=20 * places.time_scale())
                self.assertEqual(len(added.members), 2)
            self.next_with("READY=1")
            server.kill()
            self.notices.close()
            shutil.rmtree(self.directory)
            self.directory.mkdir()

    def test_not_ready_without_a_leader(self):
        """But after some seconds it serves, as etcd does: people want to ask it why."""
        path, other = self.listen(), free_port()
        server = self.server(environment={"NOTIFY_SOCKET": path})
        server.initial_cluster = f"n1=http://127.0.0.1:{server.peer_port},n2=http://127.0.0.1:{other}"
        server.start()
        self.wait_for(lambda: "event=serving" in server.log(), "it does not serve")
        self.notices.settimeout(1.5)
        with self.assertRaises(TimeoutError):
            self.next_with("READY=1")

    def test_signs_of_life_when_a_watchdog_asks(self):
        server = self.server(environment={"NOTIFY_SOCKET": self.listen(), "WATCHDOG_USEC": "600000"})
        server.start()
        for _ in range(3):
            self.next_with("WATCHDOG=1")

    def test_lines_for_the_journal_have_priorities(self):
        server = self.server(environment={"JOURNAL_STREAM": "8:1"}, flags=("--max-wals=3",))
        server.start().wait_healthy()
        lines = server.log().splitlines()[1:]
        self.assertTrue(all(line.startswith("<") for line in lines), lines)
        self.assertTrue(any(line.startswith("<4>") and "--max-wals" in line for line in lines), lines)


class Signals(Process):
    def test_each_ends_it_as_the_shell_expects(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                server = self.server()
                server.start().wait_healthy()
                os.kill(server.process.pid, number)
                self.assertEqual(server.wait_exit(), -number)
                self.assertIn("event=stopped", server.log())
                shutil.rmtree(server.directory)

    def test_a_leader_hands_over_before_it_goes(self):
        with Cluster("kvd", 3) as cluster:
            with Api(cluster.servers[0].endpoint) as api:
                api.put(b"k", b"v", timeout=30)
            leader = next(s for s in cluster.servers if "etcd_server_is_leader 1" in s.http("/metrics")[1])
            rest = [s for s in cluster.servers if s is not leader]
            self.assertEqual(leader.terminate(), -signal.SIGTERM)
            # No election timeout has to pass: the others have a leader by now.
            self.assertTrue(any("etcd_server_is_leader 1" in s.http("/metrics")[1] for s in rest))

    def test_the_second_one_ends_it_at_once(self):
        """The others are frozen, so that a leader waits for somebody to take over: until it is told again."""
        with Cluster("kvd", 3) as cluster:
            leader = next(s for s in cluster.servers if "etcd_server_is_leader 1" in s.http("/metrics")[1])
            for other in cluster.servers:
                if other is not leader:
                    other.pause()
            try:
                os.kill(leader.process.pid, signal.SIGTERM)
                self.wait_for(lambda: "event=stopping" in leader.log(), "it has not heard the first")
                began = time.monotonic()
                os.kill(leader.process.pid, signal.SIGTERM)
                self.assertEqual(leader.wait_exit(), -signal.SIGTERM)
                self.assertLess(time.monotonic() - began, 1 * places.time_scale())
                self.assertNotIn("event=stopped", leader.log())
            finally:
                for other in cluster.servers:
                    if other.is_running():
                        other.resume()


class Refusals(Process):
    def run_as(self, user: int, *options):
        return subprocess.run(
            [places.binary("kvd"), *options], capture_output=True, text=True, cwd="/", env=places.environment(),
            timeout=30 * places.time_scale(), check=False, user=user if os.geteuid() == 0 else None,
        )

    def test_a_directory_that_may_not_be_written(self):
        self.directory.chmod(0o755)
        data = self.directory / "data"
        data.mkdir(mode=0o500)
        done = self.run_as(NOBODY, f"--data-dir={data}")
        self.assertEqual(done.returncode, NO_PERMISSION, done.stderr)
        self.assertIn(f"{data}: Permission denied", done.stderr)
        self.assertIn("--data-dir", done.stderr)

    def test_a_certificate_that_is_not_there(self):
        done = self.run_as(os.geteuid(), "config", "check", "--listen-client-urls=https://127.0.0.1:1",
                           "--advertise-client-urls=https://127.0.0.1:1", "--cert-file=/no/cert", "--key-file=/no/key")
        self.assertEqual(done.returncode, NO_INPUT, done.stderr)
        self.assertIn("/no/cert", done.stderr)
        self.assertIn("--cert-file", done.stderr)

    def test_a_version_that_scripts_of_etcd_understand(self):
        done = self.run_as(os.geteuid(), "--version")
        self.assertEqual(done.stdout.splitlines()[0], "etcd Version: 3.6.14")


if __name__ == "__main__":
    unittest.main(verbosity=1)
