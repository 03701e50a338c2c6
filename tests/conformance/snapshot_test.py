#!/usr/bin/env python3
"""A backup under write load, what kvsnap says of it, and a new cluster made from it."""

import hashlib
import json
import os
import pty
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api, rpc_pb2  # noqa: E402
from cluster import Cluster  # noqa: E402
from ports import free_port  # noqa: E402
from server import Server  # noqa: E402

OK, NO, USAGE, DATA, NO_INPUT, UNAVAILABLE, CANT_CREATE, NO_PERMISSION = 0, 1, 64, 65, 66, 69, 73, 77
BUMP = 1_000_000_000


def run(name: str, *arguments, code: int = OK, stdin: bytes = b"", **environment) -> bytes:
    done = subprocess.run(
        [places.binary(name), *map(str, arguments)], input=stdin, capture_output=True, check=False,
        env=places.environment(**environment), timeout=120 * places.time_scale(),
    )
    if done.returncode != code:
        raise AssertionError(f"{name} {arguments}: exit {done.returncode}, not {code}: {done.stderr.decode()}")
    return done.stdout


def fill(server: Server, count: int = 500, prefix: str = "key") -> None:
    lines = b"".join(b'{"key":"%s/%04d","value":"value %d %s"}\n' % (prefix.encode(), n, n, b"x" * (n % 300))
                     for n in range(count))
    run("kvctl", "import", "-q", stdin=lines, KVCTL_ENDPOINTS=server.endpoint)


class Load:
    """Writes and deletes until it is told to stop."""

    def __init__(self, endpoint: str):
        self.endpoint = endpoint
        self.stopped = threading.Event()
        self.error: Exception | None = None
        self.writes = 0
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            with Api(self.endpoint) as api:
                while not self.stopped.is_set():
                    api.put(b"load/%d" % (self.writes % 50), b"%d" % self.writes)
                    self.writes += 1
        except Exception as error:  # told by the test
            self.error = error

    def __enter__(self) -> "Load":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopped.set()
        self.thread.join()
        if self.error:
            raise self.error


class Snapshots(unittest.TestCase):
    size = 1
    flags = ()

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="kvd-snapshot-"))
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.cluster = Cluster("kvd", self.size, flags=self.flags)
        self.cluster.__enter__()
        self.addCleanup(self.close)
        self.server = self.cluster.servers[0]
        self.file = self.directory / "backup.snap"

    def close(self):
        failed = any(error for _, error in getattr(self._outcome, "errors", []))
        self.cluster.__exit__(AssertionError if failed else None, None, None)

    def save(self, *more) -> bytes:
        return run("kvctl", "snapshot", "save", self.file, *more, KVCTL_ENDPOINTS=self.server.endpoint)

    def dump(self, where) -> list:
        return [json.loads(line) for line in run("kvsnap", "dump", where, "-w", "jsonl").splitlines()]

    def keys_of(self, endpoint: str, **more) -> dict:
        with Api(endpoint) as api:
            found = api.range(b"\0", range_end=b"\0", timeout=20, **more)
            return {kv.key: (kv.value, kv.create_revision, kv.mod_revision, kv.version) for kv in found.kvs}


class Backup(Snapshots):
    def test_the_saved_file_is_whole(self):
        fill(self.server)
        said = self.save().decode()
        self.assertEqual(said, f"Snapshot saved at {self.file}\nServer version 3.6.0\n")
        self.assertFalse(self.file.with_name("backup.snap.part").exists())
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertIn("whole", run("kvsnap", "verify", self.file).decode())
        live = self.keys_of(self.server.endpoint)
        self.assertEqual({d["key"].encode(): d["mod_revision"] for d in self.dump(self.file)},
                         {key: mod for key, (_, _, mod, _) in live.items()})

    def test_status_is_machine_readable(self):
        fill(self.server, 10)
        self.save()
        status = json.loads(run("kvctl", "snapshot", "status", self.file, "-w", "json"))
        self.assertEqual((status["totalKey"], status["totalSize"]), (10, self.file.stat().st_size))
        info = json.loads(run("kvsnap", "info", self.file, "-w", "jsonl"))
        self.assertEqual((info["revision"], info["keys"]), (status["revision"], 10))
        self.assertEqual(len(info["voters"]), 1)
        self.assertEqual([m["name"] for m in info["members"]], ["n1"])

    def test_it_goes_through_pipes(self):
        fill(self.server, 50)
        pipe = subprocess.run(
            f"{places.binary('kvctl')} snapshot save - | tee {self.file} | {places.binary('kvsnap')} verify -",
            shell=True, capture_output=True, check=True, env=places.environment(KVCTL_ENDPOINTS=self.server.endpoint))
        self.assertIn(b"standard input: whole", pipe.stdout)
        self.assertEqual(len(run("kvsnap", "ls", "-", stdin=self.file.read_bytes()).splitlines()), 50)

    def test_etcdctl_saves_it_too(self):
        fill(self.server, 50)
        subprocess.run(
            [places.tool("etcdctl", "etcd-client"), "--endpoints", self.server.endpoint, "snapshot", "save",
             str(self.file)], check=True, capture_output=True, env=places.environment(ETCDCTL_API="3"))
        data = self.file.read_bytes()
        self.assertEqual(len(data) % 512, 32)
        self.assertEqual(hashlib.sha256(data[:-32]).digest(), data[-32:])
        self.assertIn("whole", run("kvsnap", "verify", self.file).decode())

    def test_the_stream_is_cut_as_etcd_cuts_it(self):
        fill(self.server)
        with Api(self.server.endpoint) as api:
            messages = list(api.maintenance.Snapshot(rpc_pb2.SnapshotRequest(), timeout=20))
        self.assertLessEqual(max(len(m.blob) for m in messages), 32768)
        self.assertEqual((len(messages[-1].blob), messages[-1].remaining_bytes), (32, 0))
        self.assertFalse(any(m.HasField("header") for m in messages))

    def test_a_damaged_file_is_refused_with_its_place(self):
        fill(self.server, 50)
        self.save()
        data = bytearray(self.file.read_bytes())
        data[len(data) // 2] ^= 1
        self.file.write_bytes(data)
        for command in (("kvsnap", "verify"), ("kvsnap", "info"), ("kvsnap", "dump"), ("kvctl", "snapshot", "status")):
            done = subprocess.run([places.binary(command[0]), *command[1:], str(self.file)], capture_output=True,
                                  env=places.environment(), check=False)
            self.assertEqual(done.returncode, DATA, command)
            self.assertRegex(done.stderr.decode(), r"byte \d+", command)
        run("kvsnap", "restore", self.file, "--data-dir", self.directory / "new", code=DATA)
        self.assertEqual(sorted(p.name for p in self.directory.iterdir()), ["backup.snap"], "nothing is left")

    def test_a_save_that_fails_leaves_the_old_file(self):
        self.file.write_bytes(b"precious")
        run("kvctl", "snapshot", "save", self.file, code=UNAVAILABLE,
            KVCTL_ENDPOINTS=f"127.0.0.1:{free_port()}", KVCTL_DIAL_TIMEOUT="200ms")
        self.assertEqual(self.file.read_bytes(), b"precious")
        self.assertEqual([p.name for p in self.directory.iterdir()], ["backup.snap"])

    def test_misuse_is_told(self):
        run("kvsnap", "verify", "/no/such/file", code=NO_INPUT)
        run("kvsnap", "fly", "x", code=USAGE)
        run("kvsnap", "get", "x", code=USAGE)
        self.file.write_bytes(b"SQLite format 3, and much more of it than a header")
        run("kvsnap", "info", self.file, code=DATA)

    def test_progress_is_drawn_on_a_terminal_only(self):
        self.save()
        ours, theirs = pty.openpty()
        done = subprocess.run([places.binary("kvsnap"), "verify", str(self.file)], stderr=theirs,
                              stdout=subprocess.PIPE, env=places.environment(), check=True)
        os.close(theirs)
        os.close(ours)
        self.assertIn(b"whole", done.stdout)


class StoppedMember(Snapshots):
    def test_its_state_is_read_where_it_lies(self):
        fill(self.server, 30)
        run("kvctl", "put", "cfg/x", "found", KVCTL_ENDPOINTS=self.server.endpoint)
        data = str(self.server.data_dir)
        run("kvsnap", "info", data, code=UNAVAILABLE)
        self.server.terminate()
        before = {p: p.read_bytes() for p in self.server.data_dir.rglob("*") if p.is_file()}
        self.assertEqual(run("kvsnap", "get", data, "cfg/x", "--print-value-only"), b"found\n")
        run("kvsnap", "get", data, "cfg/y", code=NO)
        self.assertEqual(len(run("kvsnap", "ls", data, "--prefix", "key/", "--limit", "7").splitlines()), 7)
        self.assertEqual(len(self.dump(data)), 31)
        run("kvsnap", "verify", data)
        self.assertEqual({p: p.read_bytes() for p in self.server.data_dir.rglob("*") if p.is_file()}, before)

    def test_it_can_be_restored_from(self):
        fill(self.server, 30)
        self.server.terminate()
        run("kvsnap", "restore", self.server.data_dir, "--data-dir", self.directory / "new")
        self.assertEqual(len(self.dump(self.directory / "new")), 30)


class Restore(Snapshots):
    size = 3

    def new_members(self, directory: Path) -> list:
        ports = [(free_port(), free_port()) for _ in range(3)]
        members = ",".join(f"r{i}=http://127.0.0.1:{peer}" for i, (_, peer) in enumerate(ports))
        return [Server(kind="kvd", name=f"r{i}", directory=directory / f"r{i}", client_port=client, peer_port=peer,
                       initial_cluster=members, token="restored") for i, (client, peer) in enumerate(ports)]

    def restore(self, server: Server, *more, code: int = OK) -> bytes:
        return run("kvsnap", "restore", self.file, "--data-dir", server.data_dir, "--name", server.name,
                   "--initial-cluster", server.initial_cluster, "--initial-cluster-token", server.token,
                   "--initial-advertise-peer-urls", f"http://127.0.0.1:{server.peer_port}", *more, code=code)

    def test_a_backup_under_load_becomes_a_new_cluster(self):
        fill(self.server)
        with Load(self.cluster.servers[1].endpoint) as load:
            while load.writes < 100 and not load.error:
                self.stopped = load.stopped.wait(0.01)
            self.save()
        self.assertIn("whole", run("kvsnap", "verify", self.file).decode())
        expected = {d["key"].encode(): (d["value"].encode(), d["create_revision"], d["mod_revision"], d["version"])
                    for d in self.dump(self.file)}
        self.assertGreaterEqual(len(expected), 550)
        revision = json.loads(run("kvsnap", "info", self.file, "-w", "jsonl"))["revision"]
        for server in self.cluster.servers:
            server.kill()
        servers = self.new_members(self.directory)
        self.addCleanup(lambda: [server.kill() for server in servers])
        for server in servers:
            self.restore(server)
        for server in servers:
            server.start()
        for server in servers:
            server.wait_healthy(30)
            self.assertEqual(self.keys_of(server.endpoint), expected, server.name)
        with Api(servers[0].endpoint) as api:
            put = api.put(b"new", b"1")
            self.assertGreater(put.header.revision, revision + BUMP)
            with self.assertRaisesRegex(Exception, "compacted"):
                api.range(b"new", revision=revision)
            names = [m.name for m in api.cluster.MemberList(rpc_pb2.MemberListRequest(), timeout=10).members]
            self.assertEqual(sorted(names), ["r0", "r1", "r2"])
        self.restarted(servers, {**expected, b"new": (b"1", put.header.revision, put.header.revision, 1)})

    def restarted(self, servers: list, expected: dict) -> None:
        for server in servers:
            self.assertIn(server.terminate(), (0, -15), server.log_tail())
        for server in servers:
            server.start()
        for server in servers:
            server.wait_healthy(30)
        for server in servers:
            self.assertEqual(self.keys_of(server.endpoint), expected, server.name)

    def test_never_onto_existing_data(self):
        self.save()
        server = self.new_members(self.directory)[0]
        self.restore(server)
        before = sorted(p for p in server.data_dir.rglob("*"))
        self.restore(server, code=CANT_CREATE)
        self.assertEqual(sorted(p for p in server.data_dir.rglob("*")), before)
        self.assertFalse(server.data_dir.with_name("data.partial").exists())

    def test_an_interrupted_one_is_begun_anew(self):
        self.save()
        server = self.new_members(self.directory)[0]
        partial = server.data_dir.with_name("data.partial")
        partial.mkdir(parents=True)
        (partial / "snap").mkdir()
        self.restore(server, code=CANT_CREATE)
        (partial / "unfinished-restore").touch()
        self.restore(server)
        self.assertFalse(partial.exists())

    def test_the_revision_may_go_on_where_it_was(self):
        fill(self.server, 20)
        self.save()
        revision = json.loads(run("kvsnap", "info", self.file, "-w", "jsonl"))["revision"]
        server = self.new_members(self.directory)[0]
        self.restore(server, "--bump-revision", "0")
        info = json.loads(run("kvsnap", "info", server.data_dir, "-w", "jsonl"))
        self.assertEqual((info["revision"], info["index"], len(info["voters"])), (revision, 1, 3))

    def test_users_and_roles_go_along(self):
        def kvctl(server: Server, *arguments, user: str = "", code: int = OK) -> bytes:
            more = ("--user", user) if user else ()
            return run("kvctl", *arguments, *more, KVCTL_ENDPOINTS=server.endpoint, code=code)

        for arguments in (("user", "add", "root:r"), ("user", "grant-role", "root", "root"), ("user", "add", "alice:a"),
                          ("role", "add", "reader"), ("role", "grant-permission", "reader", "read", "mine"),
                          ("user", "grant-role", "alice", "reader"), ("put", "mine", "v"), ("put", "other", "v"),
                          ("auth", "enable")):
            kvctl(self.server, *arguments)
        self.save("--user", "root:r")
        info = json.loads(run("kvsnap", "info", self.file, "-w", "jsonl"))
        self.assertEqual((info["auth_enabled"], info["users"], info["roles"]), (True, 2, 1))
        self.assertIn("auth           on, 2 users, 1 roles", run("kvsnap", "info", self.file).decode())
        port, peer = free_port(), free_port()
        server = Server(kind="kvd", name="r", directory=self.directory / "r", client_port=port, peer_port=peer,
                        initial_cluster=f"r=http://127.0.0.1:{peer}", token="restored")
        self.addCleanup(server.kill)
        self.restore(server)
        server.start().wait_healthy(30)
        self.assertEqual(kvctl(server, "get", "mine", user="alice:a"), b"mine\nv\n")
        kvctl(server, "get", "other", user="alice:a", code=NO_PERMISSION)
        kvctl(server, "get", "mine", code=NO_PERMISSION)
        self.assertEqual(kvctl(server, "get", "other", user="root:r"), b"other\nv\n")

    def test_bad_settings_are_told(self):
        self.save()
        server = self.new_members(self.directory)[0]
        self.restore(server, "--name", "stranger", code=USAGE)
        self.restore(server, "--initial-advertise-peer-urls", "http://127.0.0.1:1", code=USAGE)
        run("kvsnap", "restore", self.file, code=USAGE)


class LeftBehind(Snapshots):
    """A member that comes back when the log it needs is gone is sent the state."""

    size = 3
    flags = ("--snapshot-count=50", "--snapshot-catchup-entries=10")

    def setUp(self):
        super().setUp()
        self.leader = self.cluster.leader()
        self.late = next(server for server in self.cluster.servers if server is not self.leader)

    def write(self, count: int) -> None:
        with Api(self.leader.endpoint) as api:
            for n in range(count):
                self.written = getattr(self, "written", 0) + 1
                api.put(b"late/%03d" % (n % 100), b"%d" % self.written)

    def wait_equal(self) -> None:
        expected = self.keys_of(self.leader.endpoint)
        deadline = time.monotonic() + 20 * places.time_scale()
        while (found := self.keys_of(self.late.endpoint, serializable=True)) != expected:
            self.assertLess(time.monotonic(), deadline, f"{len(found)} of {len(expected)} keys are there")
            time.sleep(0.02)

    def states(self) -> list:
        return [int(path.name) for path in (self.late.data_dir / "snap").iterdir()]

    def test_it_is_sent_the_state(self):
        self.late.kill()
        self.write(200)
        self.late.start().wait_healthy()
        self.wait_equal()
        self.write(20)
        self.wait_equal()
        self.assertIn("event=snapshot-installed", self.late.log())
        self.late.terminate()
        self.assertEqual(len(self.states()), 1)
        self.assertGreater(self.states()[0], 100)
        run("kvsnap", "verify", self.late.data_dir)
        run("kvwal", "verify", self.late.data_dir)
        self.late.start().wait_healthy()
        self.wait_equal()

    def test_every_member_gives_the_same_bytes(self):
        self.late.kill()
        self.write(150)
        self.late.start().wait_healthy()
        self.wait_equal()
        deadline = time.monotonic() + 20 * places.time_scale()
        while True:  # until all have applied the same entry
            files = {run("kvctl", "snapshot", "save", "-", KVCTL_ENDPOINTS=s.endpoint) for s in self.cluster.servers}
            if len(files) == 1:
                break
            self.assertLess(time.monotonic(), deadline, "the members' states differ")

    def test_being_killed_at_any_moment_of_it_is_survived(self):
        chance = random.Random(1)
        for _ in range(8):
            self.late.kill()
            self.write(100)
            self.late.start()
            time.sleep(chance.uniform(0.02, 0.25))
        self.late.wait_healthy()
        self.wait_equal()
        self.late.kill()
        run("kvsnap", "verify", self.late.data_dir)


if __name__ == "__main__":
    unittest.main(verbosity=1)
