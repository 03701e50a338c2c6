#!/usr/bin/env python3
"""kvctl and kvwal as people script them: exit codes, exact bytes, data on stdout and words on stderr."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from cluster import Cluster  # noqa: E402
from ports import free_port  # noqa: E402

OK, NO, CONFLICT, UNKNOWN = 0, 1, 2, 3
USAGE, DATA, NO_INPUT, UNAVAILABLE, TEMPORARY, LIMIT, TIMEOUT = 64, 65, 66, 69, 75, 79, 124
# kvctl drives etcd as well as kvd: `KVD_TEST_SERVER=etcd` shows it.
SERVER_KIND = os.environ.get("KVD_TEST_SERVER", "kvd")
EVERY_BYTE = bytes(range(256))


class Scripted(unittest.TestCase):
    """One member for all tests of a class; each test has its own keys."""

    kind, flags = SERVER_KIND, ()

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(cls.kind, 1, cls.flags)
        cls.cluster.start()
        cls.server = cls.cluster.servers[0]
        cls.directory = Path(tempfile.mkdtemp(prefix="kvctl-test-"))

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None, None, None)
        shutil.rmtree(cls.directory, ignore_errors=True)

    def environment(self, **extra):
        path = f"{places.bin_dir()}:/usr/bin:/bin"
        return places.environment(**({"PATH": path, "KVCTL_ENDPOINTS": self.server.endpoint} | extra))

    def kvctl(self, *arguments, stdin=b"", code=OK, **environment):
        """stdout of `kvctl ARGUMENTS...`, whose exit code must be `code`."""
        done = self.run_raw([places.binary("kvctl"), *arguments], stdin, **environment)
        self.assertEqual(done.returncode, code, f"kvctl {arguments}: {done.stderr.decode()}")
        self.words = done.stderr.decode()
        return done.stdout

    def run_raw(self, command, stdin=b"", **environment):
        return subprocess.run(command, input=stdin, capture_output=True, env=self.environment(**environment),
                              timeout=60 * places.time_scale(), check=False)

    def shell(self, script: str, code=OK) -> str:
        done = self.run_raw(["/bin/bash", "-c", "set -o pipefail\n" + script])
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done.stdout.decode()


class Values(Scripted):
    def test_every_byte_comes_back(self):
        self.kvctl("put", "bytes", "-", stdin=EVERY_BYTE)
        self.assertEqual(self.kvctl("get", "bytes", "-w", "raw"), EVERY_BYTE)

    def test_large_value_by_file(self):
        file = self.directory / "blob"
        file.write_bytes(os.urandom(1_000_000))
        self.kvctl("put", "blob", f"@{file}")
        digest = self.shell("kvctl get blob -w raw | sha256sum | cut -d' ' -f1").strip()
        self.assertEqual(digest, hashlib.sha256(file.read_bytes()).hexdigest())

    def test_empty_value_and_awkward_values(self):
        for value in ("", " ", "\n", "two\nlines\n", "-leading", "ünïcode"):
            self.kvctl("put", "awkward", "--", value)
            self.assertEqual(self.kvctl("get", "awkward", "-w", "raw"), value.encode())

    def test_literal_says_that_at_is_no_file(self):
        self.kvctl("put", "handle", "@someone", "--literal")
        self.assertEqual(self.kvctl("get", "handle", "-w", "raw"), b"@someone")

    def test_file_that_is_missing(self):
        self.kvctl("put", "x", "@/no/such/file", code=NO_INPUT)
        self.assertIn("/no/such/file", self.words)

    def test_simple_output_is_etcdctls(self):
        self.kvctl("put", "simple", "value")
        self.assertEqual(self.kvctl("get", "simple"), b"simple\nvalue\n")
        self.assertEqual(self.kvctl("get", "simple", "--print-value-only"), b"value\n")
        self.assertEqual(self.kvctl("get", "simple", "--keys-only").strip(), b"simple")

    def test_zero_ended_pairs_for_xargs(self):
        self.kvctl("put", "app/a", "one two")
        self.kvctl("put", "app/b", "three\nfour")
        out = self.shell("""kvctl get app/ --prefix --print0 | xargs -0 -n2 sh -c 'printf "%s=%s;" "$0" "$1"'""")
        self.assertEqual(out, "app/a=one two;app/b=three\nfour;")

    def test_json_is_etcdctls(self):
        self.kvctl("put", "json/k", "v")
        theirs = self.run_raw([places.tool("etcdctl", "etcd-client"), "get", "json/k", "-w", "json"],
                              ETCDCTL_API="3", ETCDCTL_ENDPOINTS=self.server.endpoint)
        self.assertEqual(json.loads(self.kvctl("get", "json/k", "-w", "json")), json.loads(theirs.stdout))

    def test_json_lines(self):
        self.kvctl("put", "lines/text", "plain")
        self.kvctl("put", "lines/zbytes", "-", stdin=EVERY_BYTE)
        lines = [json.loads(line) for line in self.kvctl("get", "lines/", "--prefix", "-w", "jsonl").splitlines()]
        self.assertEqual(lines[0]["key"], "lines/text")
        self.assertEqual(lines[0]["value"], "plain")
        self.assertIn("value_b64", lines[1])

    def test_closed_pipe_is_quiet(self):
        for number in range(200):
            self.kvctl("put", f"pipe/{number}", "x" * 2000)
        out = self.shell("kvctl get pipe/ --prefix | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}").strip()
        self.assertIn(out, ("0", "74", "141"))


class Conditions(Scripted):
    def test_create_once(self):
        script = "kvctl put cfg/once v1 --if-absent >/dev/null 2>&1; echo $?"
        self.assertEqual([self.shell(script).strip() for _ in range(2)], ["0", "2"])
        self.shell("kvctl put cfg/once v1 --if-absent 2>/dev/null || [ $? -eq 2 ]")

    def test_version_and_captured_revision(self):
        self.kvctl("put", "cfg/x", "v1")
        revision = int(self.shell("rev=$(kvctl put cfg/x v2 --if-version 1 --print-rev); echo $rev"))
        self.kvctl("put", "cfg/x", "v3", "--if-mod-rev", str(revision))
        self.kvctl("put", "cfg/x", "v4", "--if-mod-rev", str(revision), code=CONFLICT)
        self.assertIn("version 3", self.words)
        self.assertEqual(self.kvctl("get", "cfg/x", "-w", "raw"), b"v3")

    def test_conditions_by_value(self):
        self.kvctl("put", "cfg/v", "a")
        self.kvctl("put", "cfg/v", "b", "--if-value", "a")
        self.kvctl("put", "cfg/v", "c", "--if-value", "a", code=CONFLICT)
        self.kvctl("del", "cfg/v", "--if-value", "a", code=CONFLICT)
        self.kvctl("del", "cfg/v", "--if-value", "b")
        self.kvctl("get", "cfg/v", code=NO)

    def test_cas(self):
        self.kvctl("put", "cas", "old")
        self.kvctl("cas", "cas", "old", "new")
        self.kvctl("cas", "cas", "old", "newer", code=CONFLICT)
        self.assertEqual(self.kvctl("get", "cas", "-w", "raw"), b"new")

    def test_conflict_says_nothing_on_stdout(self):
        self.kvctl("put", "quiet", "1")
        self.assertEqual(self.kvctl("put", "quiet", "2", "--if-absent", code=CONFLICT), b"")
        self.assertIn("conflict", self.words)

    def test_txn_takes_etcdctls_text(self):
        text = b'version("txn/a") = "0"\n\nput txn/a 1\n\nget txn/a\n\n'
        self.assertEqual(self.kvctl("txn", stdin=text).split(b"\n")[0], b"SUCCESS")
        self.assertEqual(self.kvctl("txn", stdin=text).split(b"\n")[0], b"FAILURE")

    def test_parallel_increments_lose_none(self):
        """Ten shells count to five each, with compare-and-swap alone."""
        self.kvctl("put", "count", "0")
        loop = """
          for i in 1 2 3 4 5; do
            until old=$(kvctl get count -w raw) && kvctl cas count "$old" $((old + 1)) >/dev/null 2>&1; do :; done
          done"""
        jobs = [subprocess.Popen(["/bin/bash", "-c", loop], env=self.environment()) for _ in range(10)]
        for job in jobs:
            self.assertEqual(job.wait(120 * places.time_scale()), 0)
        self.assertEqual(self.kvctl("get", "count", "-w", "raw"), b"50")


class ExitCodes(Scripted):
    def test_missing_key(self):
        self.assertEqual(self.kvctl("get", "no/such/key", code=NO), b"")
        self.kvctl("get", "no/such/key", "--allow-missing")
        self.assertEqual(self.kvctl("get", "no/such/key", "--default", "d", "--print-value-only"), b"d\n")
        # As with rm -f, and as etcdctl has it: gone is gone. How many there were is printed.
        self.assertEqual(self.kvctl("del", "no/such/key"), b"0\n")

    def test_usage(self):
        for arguments in ((), ("fly",), ("get",), ("get", "a", "--no-such"), ("put", "a", "b", "c"),
                          ("get", "a", "-w", "nonsense"), ("put", "a", "b", "--if-version", "many")):
            self.assertEqual(self.kvctl(*arguments, code=USAGE), b"")
            self.assertNotEqual(self.words, "")

    def test_nobody_there(self):
        began = time.monotonic()
        self.kvctl("get", "a", "--endpoints", f"127.0.0.1:{free_port()}", code=UNAVAILABLE)
        self.assertLess(time.monotonic() - began, 10 * places.time_scale())
        self.assertIn("127.0.0.1", self.words)

    def test_tries_every_endpoint(self):
        self.kvctl("put", "endpoints", "x")
        dead = f"127.0.0.1:{free_port()}"
        for endpoints in (f"{dead},{self.server.endpoint}", f"{self.server.endpoint},{dead}"):
            self.assertEqual(self.kvctl("get", "endpoints", "-w", "raw", "--endpoints", endpoints), b"x")

    def test_limits(self):
        self.kvctl("put", "huge", "-", stdin=b"x" * 1_600_000, code=LIMIT)
        self.kvctl("get", "a", "--rev", "999999999", code=LIMIT)

    def test_compacted(self):
        revision = int(self.kvctl("put", "old", "1", "--print-rev"))
        self.kvctl("put", "old", "2")
        self.kvctl("compaction", str(revision + 1))
        self.kvctl("get", "old", "--rev", str(revision), code=LIMIT)

    def test_server_that_does_not_answer(self):
        self.server.pause()
        try:
            # The connection is not even made: nothing was sent, and nobody need wonder what became of it.
            for command in (("get", "a"), ("put", "slow", "1")):
                self.kvctl(*command, "--timeout", "1s", code=UNAVAILABLE)
                self.assertIn(self.server.endpoint, self.words)
        finally:
            self.server.resume()
        self.server.wait_healthy()

    def test_health_and_status(self):
        self.kvctl("endpoint", "health")
        status = json.loads(self.kvctl("status", "-w", "json"))
        self.assertEqual(status[0]["Status"]["header"]["member_id"], status[0]["Status"]["leader"])
        self.kvctl("status", "--endpoints", f"{self.server.endpoint},127.0.0.1:{free_port()}", code=NO)
        self.assertIn(b"n1", self.kvctl("member", "list"))
        self.assertEqual(self.kvctl("alarm", "list"), b"")

    def test_interrupted(self):
        self.server.pause()
        try:
            job = subprocess.Popen([places.binary("kvctl"), "get", "a", "--timeout", "30s"], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(0.5)
            job.send_signal(signal.SIGINT)
            self.assertIn(job.wait(10 * places.time_scale()), (130, -signal.SIGINT))
            job.communicate()
        finally:
            self.server.resume()
        self.server.wait_healthy()


class WithoutQuorum(unittest.TestCase):
    """One of three is left: it takes requests and can finish none."""

    def test_what_is_known_of_the_outcome(self):
        with Cluster(SERVER_KIND, 3) as cluster:
            left = cluster.follower()
            for server in cluster.servers:
                if server is not left:
                    server.kill()
            for command, code in (("put", UNKNOWN), ("get", TIMEOUT)):
                arguments = {"put": ["a", "1"], "get": ["a"]}[command]
                done = subprocess.run(
                    [places.binary("kvctl"), command, *arguments, "--timeout", "1s", "--endpoints", left.endpoint],
                    capture_output=True, timeout=30 * places.time_scale(), env=places.environment(), check=False)
                self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
                self.assertNotEqual(done.stderr, b"")
            stale = subprocess.run(
                [places.binary("kvctl"), "get", "a", "--allow-missing", "--consistency", "s", "--endpoints", left.endpoint],
                capture_output=True, timeout=30 * places.time_scale(), env=places.environment(), check=False)
            self.assertEqual(stale.returncode, OK, stale.stderr)


class ImportAndExport(Scripted):
    def test_round_trip_is_exact(self):
        for number in range(100):
            self.kvctl("put", f"trip/{number:03}", "-", stdin=os.urandom(number * 3) + b"\n")
        self.kvctl("put", "trip/unicode/ключ", "значение \u2028 \"quoted\" \\ \t")
        exported = self.kvctl("export", "--prefix", "trip/")
        self.assertEqual(len(exported.splitlines()), 101)
        self.kvctl("del", "trip/", "--prefix")
        self.kvctl("import", stdin=exported)
        self.assertEqual(self.kvctl("export", "--prefix", "trip/"), exported)

    def test_one_revision_however_many_pages(self):
        lines = b"".join(b'{"key":"pages/%05d","value":"%s"}\n' % (n, b"v" * 500) for n in range(12000))
        self.kvctl("import", stdin=lines)
        self.assertIn("12000", self.words)
        self.assertEqual(self.kvctl("export", "--prefix", "pages/"), lines)

    def test_import_twice_and_modes(self):
        line = b'{"key":"mode/a","value":"1"}\n'
        self.kvctl("import", stdin=line)
        self.kvctl("import", "--mode", "create", stdin=line)
        self.kvctl("import", "--mode", "create", stdin=line.replace(b'"1"', b'"2"'), code=CONFLICT)
        self.assertEqual(self.kvctl("get", "mode/a", "-w", "raw"), b"1")
        self.kvctl("import", stdin=line.replace(b'"1"', b'"2"'))
        self.assertEqual(self.kvctl("get", "mode/a", "-w", "raw"), b"2")

    def test_bad_lines_are_named(self):
        for bad in (b"not json", b'{"key":1,"value":"x"}', b'{"value":"x"}', b'{"key":"k"', b'{"key_b64":"%%","value":""}'):
            self.kvctl("import", stdin=b'{"key":"bad/ok","value":"1"}\n' + bad + b"\n", code=DATA)
            self.assertIn("line 2", self.words)

    def test_dry_run_writes_nothing(self):
        self.kvctl("import", "--dry-run", stdin=b'{"key":"dry/a","value":"1"}\n')
        self.kvctl("get", "dry/a", code=NO)

    def test_words_go_to_stderr_only(self):
        self.kvctl("import", "--quiet", stdin=b'{"key":"q/a","value":"1"}\n')
        self.assertEqual(self.words, "")
        self.assertEqual(self.kvctl("import", stdin=b'{"key":"q/a","value":"1"}\n'), b"")


class BenchMeasures(Scripted):
    def test_every_operation_answers(self):
        for operation in ("put", "get", "range", "txn", "lease-grant", "lease-keep-alive"):
            out = self.kvctl("bench", operation, "--total", "500", "--key-space", "100", "-w", "json")
            self.assertEqual(json.loads(out)["calls"], 500, operation)

    def test_every_watcher_has_every_event_once(self):
        out = self.kvctl("bench", "watch", "--total", "100", "--warm-up", "0s", "--connections", "3", "--streams", "5",
                         "--writers", "2", "--threads", "2", "-w", "json")
        self.assertEqual(json.loads(out)["events"], 100 * 15)

    def test_failures_are_counted(self):
        # Every call is refused: the values are larger than a request may be.
        done = self.run_raw([places.binary("kvctl"), "bench", "put", "--total", "20", "--val-size", "1700000",
                             "--connections", "1", "--streams", "1", "-w", "json"])
        self.assertEqual(done.returncode, NO, done.stdout + done.stderr)
        self.assertEqual(list(json.loads(done.stdout)["errors"].values()), [20])


class Log(unittest.TestCase):
    """kvwal before the log of a member that was stopped."""

    def setUp(self):
        self.cluster = Cluster("kvd", 1)
        self.addCleanup(self.cluster.__exit__, None, None, None)
        server = self.server = self.cluster.servers[0]
        server.start().wait_healthy()
        environment = places.environment(KVCTL_ENDPOINTS=server.endpoint)
        lines = b"".join(b'{"key":"wal/%03d","value":"value %d"}\n' % (n, n) for n in range(300))
        subprocess.run([places.binary("kvctl"), "import", "-q"], input=lines, check=True, env=environment)
        subprocess.run([places.binary("kvctl"), "put", "cfg/x", "found"], check=True, env=environment,
                       stdout=subprocess.DEVNULL)

    def kvwal(self, *arguments, code=OK) -> str:
        done = subprocess.run([places.binary("kvwal"), *arguments], capture_output=True, env=places.environment(),
                              timeout=60 * places.time_scale(), check=False)
        self.assertEqual(done.returncode, code, f"kvwal {arguments}: {done.stderr.decode()}")
        self.words = done.stderr.decode()
        return done.stdout.decode()

    def entries(self, *arguments) -> list:
        return [json.loads(line) for line in self.kvwal("dump", str(self.server.data_dir), "-w", "jsonl", *arguments)
                .splitlines()]

    def test_running_member_is_refused(self):
        self.kvwal("verify", str(self.server.data_dir), code=UNAVAILABLE)

    def test_whole_log(self):
        self.server.terminate()
        directory = str(self.server.data_dir)
        self.kvwal("verify", directory)
        self.assertTrue(self.kvwal("ls", directory).strip())
        entries = self.entries()
        indexes = [entry["index"] for entry in entries]
        self.assertEqual(indexes, list(range(indexes[0], indexes[0] + len(indexes))))
        self.assertEqual([e["index"] for e in self.entries("--from", "2", "--to", "4")], [2, 3, 4])
        self.assertNotIn("found", self.kvwal("dump", directory, "--values", "none"))
        dump = subprocess.run(
            f"{places.binary('kvwal')} dump {directory} -w jsonl | jq -c 'select(.key == \"cfg/x\")' | wc -l",
            shell=True, capture_output=True, check=True, env=places.environment())
        self.assertEqual(dump.stdout.strip(), b"1")

    def test_users_are_named_and_their_secrets_are_not(self):
        environment = places.environment(KVCTL_ENDPOINTS=self.server.endpoint)
        for arguments in (["user", "add", "root:secret"], ["user", "grant-role", "root", "root"], ["role", "add", "reader"],
                          ["role", "grant-permission", "reader", "read", "a", "b"], ["auth", "enable"],
                          ["put", "as", "root", "--user", "root:secret"]):
            subprocess.run([places.binary("kvctl"), *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
        self.server.terminate()
        entries = self.entries()
        found = {entry["op"]: entry for entry in entries if "op" in entry}
        self.assertEqual(found["user-add"]["user"], "root")
        self.assertEqual(found["role-grant-permission"]["permission"], "READ")
        self.assertEqual(found["authenticate"]["user"], "root")
        self.assertEqual([e["as_user"] for e in entries if e.get("key") == "as"], ["root"])
        text = self.kvwal("dump", str(self.server.data_dir)) + json.dumps(entries)
        self.assertIn('as "root"', text)
        for secret in ("$2a$", "$2b$", "hash", "digest", "secret"):
            self.assertNotIn(secret, text)

    def test_after_kill(self):
        self.server.kill()
        self.kvwal("verify", str(self.server.data_dir))
        self.assertIn("found", self.kvwal("dump", str(self.server.data_dir)))

    def test_reading_changes_nothing(self):
        self.server.terminate()
        before = {p: p.read_bytes() for p in self.server.data_dir.rglob("*") if p.is_file()}
        for verb in ("ls", "dump", "verify"):
            self.kvwal(verb, str(self.server.data_dir))
        self.assertEqual({p: p.read_bytes() for p in self.server.data_dir.rglob("*") if p.is_file()}, before)

    def test_flipped_byte(self):
        self.server.terminate()
        wal = self.server.data_dir / "wal"
        victim = next(p for p in sorted(wal.rglob("*")) if p.suffix in (".log", ".ldb") and b"value 150" in p.read_bytes())
        data = bytearray(victim.read_bytes())
        data[data.index(b"value 150")] ^= 0x40
        victim.write_bytes(data)
        self.kvwal("verify", str(self.server.data_dir), code=DATA)
        self.assertRegex(self.words, r"(entry|byte) \d+", "it does not name the place")
        self.kvwal("dump", str(self.server.data_dir), code=DATA)
        self.assertEqual(self.server.start().wait_exit(20), DATA)

    def test_no_log_there(self):
        self.kvwal("verify", "/no/such/directory", code=NO_INPUT)
        self.kvwal("fly", str(self.server.data_dir), code=USAGE)
        self.kvwal("dump", code=USAGE)


if __name__ == "__main__":
    unittest.main(verbosity=1)
