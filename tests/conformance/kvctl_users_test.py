#!/usr/bin/env python3
"""kvctl where authentication is enabled: users, roles, passwords, and verbs that outlive their token.

KVD_TEST_SERVER=etcd runs it before Debian's etcd.
"""

import json
import os
import pty
import re
import select
import subprocess
import time
import unittest

from cli_test import CONFLICT, NO, OK, SERVER_KIND, USAGE
from holding_test import Lasting

import places
from cluster import Cluster

NO_PERMISSION = 77
FLAGS = ("--bcrypt-cost=4",)
NO_USER = {"KVCTL_USER": "", "KVCTL_PASSWORD": ""}


class Terminal:
    """kvctl with a terminal of its own: what it showed there, and what it printed."""

    def __init__(self, environment: dict, arguments: tuple):
        self.master, slave = pty.openpty()
        command = [places.tool("setsid", "util-linux"), "--ctty", places.binary("kvctl"), *arguments]
        self.process = subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        os.close(slave)
        self.shown = b""

    def type(self, prompt: bytes, line: bytes) -> None:
        """Once the prompt is there."""
        deadline = time.monotonic() + 20 * places.time_scale()
        while not self.shown.endswith(prompt):
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.process.kill()
                raise AssertionError(f"no prompt {prompt}: {self.shown}")
            self.shown += os.read(self.master, 4096)
        os.write(self.master, line)

    def end(self) -> tuple:
        out, err = self.process.communicate(timeout=30 * places.time_scale())
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.shown += os.read(self.master, 4096)
            except OSError:  # how a terminal without a process says that it has ended
                break
        os.close(self.master)
        return self.process.returncode, out, err.decode()


class Verbs(Lasting):
    """Authentication is off, so that everybody may do all."""

    flags = FLAGS

    def both(self, *arguments, stdin=b"") -> tuple:
        """The same with etcdctl and kvctl, X in the arguments being the name of each; both outputs with X for it."""
        outputs = []
        for tool, name in (("etcdctl", "et"), ("kvctl", "kv")):
            program = places.binary("kvctl") if tool == "kvctl" else places.tool(tool, "etcd-client")
            done = self.run_raw([program, *(a.replace("X", name) for a in arguments)], stdin,
                                ETCDCTL_API="3", ETCDCTL_ENDPOINTS=self.server.endpoint)
            self.assertEqual(done.returncode, OK, done.stderr.decode())
            outputs.append(re.sub(r"\b(et|kv)\b", "X", done.stdout.decode()).replace("/et/", "/X/").replace("/kv/", "/X/"))
        return tuple(outputs)

    def same(self, *arguments, stdin=b"") -> None:
        theirs, ours = self.both(*arguments, stdin=stdin)
        self.assertEqual(ours, theirs, arguments)
        self.assertNotEqual(ours, "")

    def test_outputs_are_etcdctls(self):
        for form in ("simple", "json", "fields"):
            with self.subTest(form=form):
                out = ("-w", form)
                self.same("user", "add", "X:secret", *out)
                self.same("user", "passwd", "X", "--interactive=false", *out, stdin=b"other\n")
                self.same("role", "add", "X", *out)
                self.same("role", "get", "X", *out)
                self.same("role", "grant-permission", "X", "readwrite", "a", *out)
                self.same("role", "grant-permission", "X", "READ", "b", "c", *out)
                self.same("role", "grant-permission", "X", "write", "p/", "--prefix", *out)
                self.same("role", "grant-permission", "X", "read", "z", "--from-key", *out)
                self.same("role", "grant-permission", "X", "write", "", "--prefix", *out)
                self.same("role", "get", "X", *(out if form == "fields" else ()))
                self.same("user", "grant-role", "X", "X", *out)
                self.same("user", "get", "X", *(out if form != "fields" else ()))
                self.same("user", "get", "X", "--detail", *out)
                for rest in (("a",), ("b", "c"), ("p/", "--prefix"), ("z", "--from-key"), ("", "--from-key")):
                    self.same("role", "revoke-permission", "X", *rest, *out)
                self.same("user", "revoke-role", "X", "X", *out)
                self.assertEqual(self.kvctl("user", "list", "-w", "simple"), self.etcdctl("user", "list"))
                self.assertEqual(self.kvctl("role", "list", "-w", form), self.etcdctl("role", "list", "-w", form))
                self.assertEqual(self.kvctl("user", "list", "-w", "json"), self.etcdctl("user", "list", "-w", "json"))
                self.same("role", "delete", "X", *out)
                self.same("user", "delete", "X", *out)

    def test_json_of_a_role(self):
        self.kvctl("role", "add", "json")
        self.kvctl("role", "grant-permission", "json", "write", "k", "--prefix")
        self.assertEqual(self.kvctl("role", "get", "json", "-w", "json"), self.etcdctl("role", "get", "json", "-w", "json"))
        self.assertEqual(json.loads(self.kvctl("role", "get", "json", "-w", "json"))["perm"],
                         [{"permType": 1, "key": "aw==", "range_end": "bA=="}])

    def test_exit_codes_say_what_was_wrong(self):
        self.kvctl("user", "add", "twice:x")
        self.kvctl("role", "add", "twice")
        for code, words in ((CONFLICT, "user add twice:x"), (CONFLICT, "role add twice"), (NO, "user get nobody"),
                            (NO, "role get nothing"), (NO, "user delete nobody"), (NO, "user grant-role twice nothing"),
                            (NO, "user revoke-role twice twice"), (NO, "role revoke-permission twice k"),
                            (CONFLICT, "auth enable"), (USAGE, "role grant-permission twice execute k"),
                            (USAGE, "role grant-permission twice read k l --prefix"), (USAGE, "user add :x"),
                            (USAGE, "user add empty:"), (USAGE, "user list -w table"), (USAGE, "user add x:y -w raw"),
                            (USAGE, "user"), (USAGE, "user add")):
            self.kvctl(*words.split(), code=code)
        self.assertNotIn(b"x\n", self.kvctl("user", "list"))

    def test_where_a_new_password_comes_from(self):
        self.kvctl("user", "add", "flag", "--new-user-password", "a:b")
        self.kvctl("user", "add", "piped", "--interactive=false", stdin=b"two words\nand no more")
        self.kvctl("user", "add", "none", "--no-password")
        self.kvctl("user", "add", "nothing", "--interactive=false", code=USAGE)
        self.kvctl("user", "add", "nothing", "--interactive=false", stdin=b"\n", code=USAGE)
        self.kvctl("user", "add", "both", "--no-password", "--new-user-password=x", code=USAGE)
        self.assertEqual({b"flag", b"piped", b"none"} - set(self.kvctl("user", "list").split()), set())

    def test_a_new_password_is_asked_for_twice_and_not_shown(self):
        first, again = b"Password of typist: ", b"Type password of typist again for confirmation: "
        terminal = Terminal(self.environment(), ("user", "add", "typist"))
        terminal.type(first, b"hidden\n")
        terminal.type(again, b"hidden\n")
        self.assertEqual(terminal.end(), (OK, b"User typist created\n", ""))
        self.assertNotIn(b"hidden", terminal.shown)
        terminal = Terminal(self.environment(), ("user", "passwd", "typist"))
        terminal.type(first, b"one\n")
        terminal.type(again, b"another\n")
        self.assertEqual(terminal.end(), (USAGE, b"", "Error: the passwords differ\n"))

    def test_a_signal_ends_the_question(self):
        terminal = Terminal(self.environment(), ("user", "add", "typist2"))
        terminal.type(b"Password of typist2: ", b"half\x03")
        self.assertEqual(terminal.end()[0], -2)


class Enabled(Lasting):
    """root, and alice, who may read and write below alice/ and locks/, and read below shared/."""

    flags = FLAGS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("kvctl")
        for words in ("user add root:rootpw", "user add alice:alicepw", "role add alice",
                      "role grant-permission alice readwrite alice/ --prefix",
                      "role grant-permission alice readwrite locks/ --prefix",
                      "role grant-permission alice read shared/ --prefix",
                      "user grant-role alice alice", "auth enable"):
            test.kvctl(*words.split(), **NO_USER)

    def environment(self, **extra):
        return super().environment(**({"KVCTL_USER": "alice:alicepw"} | extra))

    def root(self, *arguments, **more):
        return self.kvctl(*arguments, "--user=root:rootpw", **more)

    def end_tokens(self, user: str = "alice") -> None:
        """All that the user has are no longer taken."""
        self.root("user", "passwd", user, "--interactive=false", stdin=f"{user}pw\n".encode())


class LoggingIn(Enabled):
    def test_name_and_password_come_from_anywhere(self):
        for words, environment in ((("--user=alice:alicepw",), {}), (("--user=alice", "--password=alicepw"), {}),
                                   ((), {"KVCTL_USER": "alice", "KVCTL_PASSWORD": "alicepw"}),
                                   ((), {"KVCTL_USER": "alice:alicepw"}),
                                   ((), {"ETCDCTL_USER": "alice:alicepw"}),
                                   (("--password=alicepw",), {"KVCTL_USER": "alice"})):
            with self.subTest(words=words, environment=environment):
                self.kvctl("put", "alice/x", "1", *words, **(NO_USER | environment))

    def test_what_is_not_permitted_is_77_and_changes_nothing(self):
        before = self.revision()
        for words in (("put", "shared/x", "1"), ("get", "other"), ("del", "alice/", "zoo"), ("get", "", "--prefix"),
                      ("put", "alice/x", "1", "--user=alice:wrong"), ("put", "alice/x", "1", "--user=nobody:x"),
                      ("cas", "shared/x", "a", "b"), ("incr", "shared/n"), ("ls",), ("user", "list"),
                      ("auth", "disable"), ("snapshot", "save", "/dev/null"), *self.etcd_allows()):
            with self.subTest(words=words):
                self.kvctl(*words, code=NO_PERMISSION)
                self.assertNotIn("alicepw", self.words)
        self.kvctl("txn", stdin=b'\nput alice/x 2\nget other\n\n\n', code=NO_PERMISSION)
        self.kvctl("put", "alice/x", "1", code=NO_PERMISSION, **NO_USER)
        self.assertEqual(self.revision(), before)

    def etcd_allows(self) -> tuple:
        """3.4 lets everybody compact, and a reader of one range watch from its beginning to the end of all keys."""
        return () if self.kind == "etcd" else (("compaction", "1"), ("watch", "alice/", "--from-key", "--once"))

    def revision(self) -> int:
        return json.loads(self.root("get", "no such key", "-w", "json", "--allow-missing"))["header"]["revision"]

    def test_the_password_is_asked_for_on_a_terminal(self):
        terminal = Terminal(self.environment(**NO_USER), ("put", "alice/t", "1", "--user=alice"))
        terminal.type(b"Password of alice: ", b"alicepw\n")
        self.assertEqual(terminal.end(), (OK, b"OK\n", ""))
        self.assertNotIn(b"alicepw", terminal.shown)
        done = self.run_raw([places.tool("setsid", "util-linux"), places.binary("kvctl"), "get", "x", "--user=alice"], **NO_USER)
        self.assertEqual((done.returncode, done.stdout), (USAGE, b""))

    def test_who_asks_no_server_needs_no_password(self):
        terminal = Terminal(self.environment(KVCTL_USER="alice"), ("version",))
        self.assertEqual(terminal.end()[0], OK)
        self.assertEqual(terminal.shown, b"")

    def test_nothing_tells_the_password(self):
        self.kvctl("put", "alice/x", "1", "--debug")
        self.assertIn("/etcdserverpb.Auth/Authenticate", self.words)
        self.assertNotIn("alicepw", self.words)
        self.kvctl("put", "alice/x", "--passwort=alicepw", code=USAGE)
        self.assertNotIn("alicepw", self.words)

    def test_one_may_look_at_oneself(self):
        self.assertEqual(self.kvctl("user", "get", "alice"), b"User: alice\nRoles: alice\n")
        self.assertIn(b"shared/", self.kvctl("user", "get", "alice", "--detail"))
        self.kvctl("user", "get", "root", code=NO_PERMISSION)
        self.assertEqual(self.root("role", "get", "root"),
                         b"Role root\nKV Read:\n\t[, <open ended>\nKV Write:\n\t[, <open ended>\n")

    @unittest.skipIf(SERVER_KIND == "etcd", "3.4 has no AuthStatus")
    def test_status(self):
        out = self.root("auth", "status")
        self.assertRegex(out.decode(), r"^Authentication Status: true\nAuthRevision: \d+\n$")
        said = json.loads(self.root("auth", "status", "-w", "json"))
        self.assertIs(said["enabled"], True)
        self.kvctl("auth", "status", code=NO_PERMISSION)

    def test_looking_at_the_cluster(self):
        self.root("endpoint", "health")
        self.root("endpoint", "status")
        self.root("member", "list")
        self.kvctl("wait", "leader")


class Outliving(Enabled):
    """The token ends while the verb goes on."""

    def test_a_watch_goes_on_at_a_server_that_knows_no_token(self):
        watch = self.start("watch", "alice/w", "--count", "2")
        self.wait_until(lambda: self.put_until(watch, b"one"), "the watch stands")
        self.server.kill()
        self.server.start().wait_healthy(30)
        self.wait_until(lambda: self.put_until(watch, b"two"), "the watch goes on")
        self.assertEqual(watch.end(), OK, watch.err)

    def put_until(self, watch, value: bytes) -> bool:
        self.root("put", "alice/w", value.decode())
        return value in watch.out

    def test_a_lock_is_kept_and_given_back(self):
        lock = self.start("lock", "locks/a", "--ttl", "2")
        lock.wait_for(b"locks/a")
        waiting = self.start("lock", "locks/a", "--ttl", "2")
        for _ in range(4):
            self.end_tokens()
            time.sleep(1)  # what is to outlast it is the lease of two seconds
        self.assertIsNone(lock.process.poll(), lock.err)
        self.assertEqual(waiting.out, b"")
        lock.end(15)
        waiting.wait_for(b"locks/a")
        waiting.end(15)

    def test_an_election(self):
        leader = self.start("elect", "locks/e", "me", "--ttl", "2")
        leader.wait_for(b"me")
        self.end_tokens()
        observer = self.start("elect", "-l", "locks/e")
        observer.wait_for(b"me")
        self.end_tokens()
        leader.end(15)
        self.kvctl("elect", "locks/e", "other", "--", "true")
        observer.wait_for(b"other")

    def test_leases(self):
        lease = self.kvctl("lease", "grant", "3").split()[1].decode()
        keeper = self.start("lease", "keep-alive", lease)
        renewed = lambda count: lambda said: said.count(b"keepalived") >= count  # noqa: E731
        keeper.wait_for(renewed(1))
        self.end_tokens()
        keeper.wait_for(renewed(3))
        run = self.start("lease", "run", "--ttl", "2", "--", "sh", "-c",
                         "kvctl put alice/leased x --lease $KV_LEASE && echo there && sleep 4 && kvctl get alice/leased")
        run.wait_for(b"there")
        self.end_tokens()
        self.assertEqual(run.end(), OK, run.err)

    def test_a_mirror_with_users_on_both_sides(self):
        with Cluster(self.kind, 1, FLAGS) as other:
            there = {"KVCTL_ENDPOINTS": other.servers[0].endpoint}
            for words in ("user add root:rootpw", "auth enable"):
                self.kvctl(*words.split(), **NO_USER, **there)
            self.root("put", "alice/m1", "1")
            mirror = self.start("make-mirror", other.servers[0].endpoint, "--prefix=alice/m", "--dest-user=root:rootpw")

            def arrived(key):
                found = self.run_raw([places.binary("kvctl"), "get", key, "--user=root:rootpw"], **there)
                return found.returncode == OK

            self.wait_until(lambda: arrived("alice/m1"), "the first copy")
            self.end_tokens()
            self.kvctl("user", "passwd", "root", "--interactive=false", "--user=root:rootpw", stdin=b"rootpw\n", **there)
            self.root("put", "alice/m2", "1")
            self.wait_until(lambda: arrived("alice/m2"), "what came after the tokens ended")
            mirror.end(15)

    def test_a_benchmark_loses_nothing(self):
        for words in ("put --prefix alice/b --total 300", "watch --prefix alice/c --streams 2 --duration 3s",
                      "lease-keep-alive --duration 3s"):
            with self.subTest(words=words):
                bench = self.start("bench", *words.split(), "-w", "json", "--connections", "2")
                while bench.process.poll() is None:
                    self.end_tokens()
                self.assertEqual(bench.end(), OK, bench.err + bench.out.decode())

    def test_snapshots_are_for_root(self):
        if self.kind == "kvd":
            self.root("snapshot", "save", str(self.directory / "backup"))
        self.kvctl("snapshot", "save", str(self.directory / "stolen"), code=NO_PERMISSION)
        self.assertFalse((self.directory / "stolen").exists())

    def test_waiting_for_a_key(self):
        wait = self.start("wait", "key", "alice/wait", "--timeout", "20s")
        self.end_tokens()
        self.root("put", "alice/wait", "1")
        self.assertEqual(wait.end(), OK, wait.err)


class ShortTokens(Enabled):
    """A token ends by itself when it is not used for a second."""

    flags = (*FLAGS, "--auth-token-ttl=1")

    def test_a_lease_is_kept_alive_by_whoever_logs_in_again(self):
        lease = self.kvctl("lease", "grant", "9").split()[1].decode()
        keeper = self.start("lease", "keep-alive", lease)  # every three seconds
        keeper.wait_for(lambda said: said.count(b"keepalived") >= 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
