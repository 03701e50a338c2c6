#!/usr/bin/env python3
"""Starts that must not succeed: each says what is wrong, ends with the code of the table, changes nothing."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api  # noqa: E402
from cluster import Cluster  # noqa: E402
from ports import free_port  # noqa: E402
from server import Server  # noqa: E402

USAGE, DATA, NO_INPUT, UNAVAILABLE, IO, CONFIG = 64, 65, 66, 69, 74, 78


def fingerprint(directory: Path) -> str:
    """Of all files in it; LevelDB's notes about its own opening aside."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.name.startswith("LOG"):
            digest.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class WrongOptions(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="kvd-options-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def start(self, *options, environment=None):
        return subprocess.run(
            [places.binary("kvd"), *options], capture_output=True, text=True, cwd=self.directory,
            env=places.environment(**(environment or {})), timeout=30 * places.time_scale(), check=False,
        )

    def refused(self, code, *options, names, environment=None):
        done = self.start(*options, environment=environment)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for name in names:
            self.assertIn(name, done.stderr)
        self.assertEqual(list(self.directory.iterdir()), [], "it has left something behind")

    def test_unknown_option(self):
        self.refused(USAGE, "--no-such-option=1", names=["--no-such-option"])

    def test_word_that_is_no_option(self):
        self.refused(USAGE, "start", names=["start"])

    def test_option_without_its_value(self):
        self.refused(USAGE, "--name", names=["--name"])

    def test_values_out_of_place(self):
        for option, value in (("--heartbeat-interval", "soon"), ("--heartbeat-interval", "0"),
                              ("--election-timeout", "99"), ("--election-timeout", "60000"),
                              ("--max-request-bytes", "-1"), ("--max-txn-ops", "many"), ("--log-level", "loud"),
                              ("--log-format", "xml"), ("--grpc-keepalive-interval", "2 weeks"),
                              ("--pre-vote", "maybe"), ("--listen-client-urls", "ftp://127.0.0.1:1"),
                              ("--listen-peer-urls", "http://127.0.0.1"), ("--listen-peer-urls", "http://127.0.0.1:99999"),
                              ("--initial-cluster", "other=http://127.0.0.1:2380"),
                              ("--initial-cluster-state", "old")):
            with self.subTest(option=option, value=value):
                self.refused(CONFIG, f"{option}={value}", names=[option, value])

    def test_name_of_the_environment_is_told(self):
        self.refused(CONFIG, names=["KVD_HEARTBEAT_INTERVAL", "abc"], environment={"KVD_HEARTBEAT_INTERVAL": "abc"})
        self.refused(CONFIG, names=["ETCD_ELECTION_TIMEOUT", "xyz"], environment={"ETCD_ELECTION_TIMEOUT": "xyz"})

    def test_weaker_durability_is_not_for_sale(self):
        self.refused(CONFIG, "--unsafe-no-fsync", names=["--unsafe-no-fsync"])

    def test_config_file_that_is_missing(self):
        self.refused(NO_INPUT, "--config-file=/no/such/file", names=["/no/such/file"])

    def test_config_file_with_a_bad_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("name = n1\n# a comment\nheartbeet-interval = 100\n")
            file.flush()
            self.refused(CONFIG, f"--config-file={file.name}", names=[file.name, "3", "heartbeet-interval"])


class WrongDirectories(unittest.TestCase):
    """Other people's data, damaged data, directories that cannot be written."""

    def setUp(self):
        self.cluster = Cluster("kvd", 1)
        self.addCleanup(self.cluster.__exit__, None, None, None)
        self.server = self.cluster.servers[0]
        self.server.start().wait_healthy()
        with Api(self.server.endpoint) as api:
            for number in range(100):
                api.put(b"key/%d" % number, b"value %d" % number, timeout=30)

    def other(self, **changed) -> Server:
        """Another server, in another directory unless told otherwise."""
        known = {"kind": "kvd", "name": "other", "directory": self.cluster.directory / "other",
                 "client_port": free_port(), "peer_port": free_port()}
        server = Server(**(known | changed))
        self.addCleanup(server.kill)
        return server

    def assert_still_there(self):
        with Api(self.server.endpoint) as api:
            found = api.range(b"key/", range_end=b"key0", timeout=30)
        self.assertEqual(found.count, 100)

    def ends_with(self, server: Server, *codes: int, names=()):
        code = server.start().wait_exit(20)
        self.assertIn(code, codes, server.log_tail())
        for name in names:
            self.assertIn(name, server.log(), "its words do not name it")

    def test_directory_of_another_member(self):
        self.assertIn(self.server.terminate(), (0, -15))
        before = fingerprint(self.server.data_dir)
        thief = self.other(flags=(f"--data-dir={self.server.data_dir}",))
        self.ends_with(thief, CONFIG, DATA, names=[str(self.server.data_dir)])
        self.assertEqual(fingerprint(self.server.data_dir), before)
        self.server.start().wait_healthy()
        self.assert_still_there()

    def test_directory_that_is_in_use(self):
        twin = self.other(name="n1", initial_cluster=self.server.initial_cluster,
                          flags=(f"--data-dir={self.server.data_dir}",))
        twin.directory.mkdir()
        # Same member, same directory, other ports to listen on: only the lock can tell.
        twin.initial_cluster = f"n1=http://127.0.0.1:{self.server.peer_port}"
        twin.flags += (f"--initial-advertise-peer-urls=http://127.0.0.1:{self.server.peer_port}",)
        code = twin.start().wait_exit(20)
        self.assertNotEqual(code, 0)
        self.assertTrue(self.server.is_running())
        self.assert_still_there()

    def test_identity_of_a_future_version(self):
        self.server.terminate()
        identity = self.server.data_dir / "identity"
        kept = identity.read_bytes()
        identity.write_bytes(b"format = 999\n" + kept)
        self.ends_with(self.server, CONFIG, DATA, names=["identity"])
        identity.write_bytes(kept)
        self.server.start().wait_healthy()
        self.assert_still_there()

    def test_log_damaged_in_the_middle(self):
        self.server.terminate()
        logs = sorted((self.server.data_dir / "wal").rglob("*.log")) + sorted(
            (self.server.data_dir / "wal").rglob("*.ldb"))
        victim = max(logs, key=lambda path: path.stat().st_size)
        data = bytearray(victim.read_bytes())
        at = data.index(b"value 42")
        data[at] ^= 0x01
        victim.write_bytes(data)
        self.ends_with(self.server, DATA)
        data[at] ^= 0x01
        victim.write_bytes(data)

    def test_directory_that_is_a_file(self):
        path = self.cluster.directory / "a-file"
        path.write_text("not a directory")
        server = self.other(flags=(f"--data-dir={path}",))
        code = server.start().wait_exit(20)
        self.assertNotIn(code, (0, None))
        self.assertIn(str(path), server.log())

    def test_ports_in_use(self):
        for taken in ("client_port", "peer_port"):
            with self.subTest(taken=taken):
                server = self.other(**{taken: getattr(self.server, taken), "directory": self.cluster.directory / taken})
                self.ends_with(server, UNAVAILABLE, names=[str(getattr(self.server, taken))])
        self.assert_still_there()


class PeerOfAnotherCluster(unittest.TestCase):
    def test_it_is_told_and_kept_out(self):
        with Cluster("kvd", 3) as cluster:
            gone = cluster.servers[2]
            with Api(cluster.servers[0].endpoint) as api:
                for number in range(20):
                    api.put(b"key/%d" % number, b"x", timeout=30)
            gone.terminate()
            stranger = Server(
                kind="kvd", name=gone.name, directory=cluster.directory / "stranger", client_port=gone.client_port,
                peer_port=gone.peer_port, initial_cluster=gone.initial_cluster, token="another-cluster",
            )
            self.addCleanup(stranger.kill)
            stranger.start()
            deadline = time.monotonic() + 15 * places.time_scale()
            while "cluster" not in self.refusals(stranger) and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertIn("cluster", self.refusals(stranger), stranger.log_tail())
            self.assertTrue(stranger.is_running())
            self.assertFalse(stranger.is_healthy(), "it serves although it has no cluster")
            with Api(cluster.servers[0].endpoint) as api:
                api.put(b"key/20", b"x", timeout=30)
            stranger.kill()
            gone.start().wait_healthy(30)
            with Api(gone.endpoint) as api:
                self.assertEqual(api.range(b"key/", range_end=b"key0", timeout=30).count, 21)

    @staticmethod
    def refusals(server: Server) -> str:
        return "\n".join(line for line in server.log().splitlines() if "refus" in line)


if __name__ == "__main__":
    unittest.main(verbosity=1)
