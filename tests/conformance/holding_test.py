#!/usr/bin/env python3
"""kvctl's verbs that last: watch, lock, elect, lease run, make-mirror; alone and together with Debian's etcdctl.

KVD_TEST_SERVER=etcd runs them before Debian's etcd.
"""

import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time
import unittest

from cli_test import LIMIT, NO, OK, SERVER_KIND, TIMEOUT, UNAVAILABLE, USAGE, Scripted

import places
from api import Api, grpc
from cluster import Cluster

LOST, CANNOT_RUN, NOT_FOUND = 122, 126, 127


def alive_in_group(group: int) -> list:
    """The processes of a group that are not dead, or dead and not yet buried."""
    listed = subprocess.run(["ps", "-e", "-o", "pgid=,pid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [pid for pgid, pid, stat in rows if int(pgid) == group and not stat.startswith("Z")]


class Running:
    """A command that lasts: what it has said so far can be waited for."""

    def __init__(self, command: list, environment: dict, stdin=subprocess.DEVNULL):
        guard = [places.tool("setpriv", "util-linux"), "--pdeathsig", "KILL", "--"]
        self.process = subprocess.Popen(guard + command, stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment)
        self.said = {"out": b"", "err": b""}
        self.changed = threading.Condition()
        self.readers = [threading.Thread(target=self.read, args=(name, pipe), daemon=True)
                        for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def read(self, name: str, pipe) -> None:
        while chunk := os.read(pipe.fileno(), 65536):
            with self.changed:
                self.said[name] += chunk
                self.changed.notify_all()

    def wait_for(self, wanted, name: str = "out", seconds: float = 30) -> bytes:
        """Until `wanted` (bytes, or a function of them) is in what was said."""
        holds = wanted if callable(wanted) else lambda said: wanted in said
        with self.changed:
            came = self.changed.wait_for(lambda: holds(self.said[name]), seconds * places.time_scale())
            if not came:
                raise AssertionError(f"waited in vain for {wanted}: {self.said}")
            return self.said[name]

    def say(self, line: str) -> None:
        """On its standard input, which is a pipe."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def end(self, number: int | None = None, seconds: float = 30) -> int:
        """Its exit code, after a signal or by itself."""
        if number is not None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(seconds * places.time_scale())
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end: {self.said}") from None
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    @property
    def out(self) -> bytes:
        return self.said["out"]

    @property
    def err(self) -> str:
        return self.said["err"].decode()


class Lasting(Scripted):
    """With commands that last. What a test starts ends with it."""

    def setUp(self):
        self.started = []

    def tearDown(self):
        for running in self.started:
            if running.process.poll() is None:
                running.end(signal.SIGKILL)

    def start(self, *arguments, tool="kvctl", stdin=subprocess.DEVNULL, **environment) -> Running:
        program = places.binary("kvctl") if tool == "kvctl" else places.tool(tool, "etcd-client")
        extra = {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": self.server.endpoint} if tool != "kvctl" else {}
        running = Running([program, *arguments], self.environment(**extra, **environment), stdin)
        self.started.append(running)
        return running

    def etcdctl(self, *arguments) -> bytes:
        done = self.run_raw([places.tool("etcdctl", "etcd-client"), *arguments],
                            ETCDCTL_API="3", ETCDCTL_ENDPOINTS=self.server.endpoint)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def revision(self) -> int:
        return json.loads(self.kvctl("get", "no such key", "-w", "json", "--allow-missing"))["header"]["revision"]

    def wait_until(self, holds, what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds * places.time_scale()
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"waited in vain: {what}")
            time.sleep(0.02)

    def waiters(self, name: str) -> int:
        return int(self.kvctl("get", f"{name}/", "--prefix", "--count-only", "--allow-missing"))


class Watching(Lasting):
    def history(self, prefix: str) -> str:
        """Four changes of two keys; the first's revision."""
        first = self.kvctl("put", f"{prefix}a", "1", "--print-rev").decode().strip()
        self.kvctl("put", f"{prefix}a", "2")
        self.kvctl("del", f"{prefix}a")
        self.kvctl("put", f"{prefix}b", "x\ny")
        return first

    def test_all_formats_are_etcdctls(self):
        first = self.history("same/")
        for form in ("simple", "fields", "json"):
            with self.subTest(form=form):
                theirs = self.start("watch", "same/", "--prefix", "--prev-kv", "--rev", first, "-w", form, tool="etcdctl")
                ours = self.kvctl("watch", "same/", "--prefix", "--prev-kv", "--rev", first, "-w", form, "--count", "4")
                theirs.wait_for(lambda said: len(said) >= len(ours))
                theirs.end(signal.SIGTERM)
                self.assertEqual(ours, theirs.out)

    def test_events_as_lines(self):
        first = self.history("lines/")
        out = self.kvctl("watch", "lines/", "--prefix", "--prev-kv", "--rev", first, "-w", "jsonl", "--count", "4")
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(e["type"], e["key"], e.get("value")) for e in events],
                         [("PUT", "lines/a", "1"), ("PUT", "lines/a", "2"), ("DELETE", "lines/a", None), ("PUT", "lines/b", "x\ny")])
        self.assertNotIn("prev", events[0])
        self.assertEqual((events[1]["prev"]["value"], events[2]["prev"]["value"]), ("1", "2"))
        self.assertEqual(self.kvctl("watch", "lines/b", "--rev", first, "-w", "raw", "--once"), b"x\ny")

    def test_filters_and_spans(self):
        first = self.history("spans/")
        kinds = self.kvctl("watch", "spans/", "--prefix", "--rev", first, "--filter", "noput", "--once", "-w", "jsonl")
        self.assertEqual(json.loads(kinds)["type"], "DELETE")
        out = self.kvctl("watch", "spans/a", "--from-key", "--rev", first, "--filter", "nodelete", "--count", "3", "-w", "jsonl")
        self.assertEqual([json.loads(line)["type"] for line in out.splitlines()], ["PUT"] * 3)
        out = self.kvctl("watch", "spans/a", "spans/b", "--rev", first, "--count", "3", "-w", "jsonl")
        self.assertEqual({json.loads(line)["key"] for line in out.splitlines()}, {"spans/a"})

    def test_what_comes_while_it_watches(self):
        watch = self.start("watch", "live", "--rev", str(self.revision() + 1), "-w", "jsonl", "--count", "3")
        for value in ("1", "2", "3"):
            self.kvctl("put", "live", value)
        self.assertEqual(watch.end(), OK)
        self.assertEqual([json.loads(line)["value"] for line in watch.out.splitlines()], ["1", "2", "3"])

    def test_a_future_revision_is_waited_for(self):
        at = self.revision()
        watch = self.start("watch", "future", "--rev", str(at + 3), "-w", "raw", "--once")
        for value in ("1", "2", "3"):
            self.kvctl("put", "future", value)
        self.assertEqual((watch.end(), watch.out), (OK, b"3"))

    def test_a_command_for_each_event(self):
        first = self.history("run/")
        out = self.shell(f"""kvctl watch run/ --prefix --prev-kv --rev {first} --count 4 -w raw -- \\
            sh -c 'echo "$KV_TYPE $KV_KEY <$KV_VALUE> <$KV_PREV_VALUE> $KV_REV $ETCD_WATCH_KEY $ETCD_WATCH_EVENT_TYPE"' """)
        rev = int(first)
        self.assertEqual(out.removeprefix("12x\ny"),
                         f'PUT run/a <1> <> {rev} "run/a" "PUT"\nPUT run/a <2> <1> {rev + 1} "run/a" "PUT"\n'
                         f'DELETE run/a <> <2> {rev + 2} "run/a" "DELETE"\nPUT run/b <x\ny> <> {rev + 3} "run/b" "PUT"\n')

    def test_what_the_command_finds_is_what_etcdctl_gives_it(self):
        first = self.history("env/")
        command = ["--", "sh", "-c", "env | grep ^ETCD_WATCH_ | sort"]
        words = ["watch", "env/", "--prefix", "--rev", first]
        theirs = self.start(*words, *command, tool="etcdctl")
        ours = self.kvctl(*words, "--count", "4", *command)
        theirs.wait_for(lambda said: len(said) >= len(ours))
        theirs.end(signal.SIGTERM)
        self.assertEqual(ours, theirs.out)

    def test_the_event_on_standard_input_is_exact(self):
        at = self.kvctl("put", "exact", "-", "--print-rev", stdin=bytes(range(256))).decode().strip()
        out = self.shell(f"""kvctl watch exact --rev {at} --once -w raw -- sh -c 'echo; echo "${{KV_VALUE-none}}"; cat' | tail -n 2""")
        none, line = out.splitlines()
        self.assertEqual(none, "none", "no environment can hold a zero byte")
        self.assertIn("value_b64", json.loads(line))
        at = self.kvctl("put", "large", "-", "--print-rev", stdin=b"x" * 500_000).decode().strip()
        out = self.shell(f"""kvctl watch large --rev {at} --once -w raw -- sh -c 'echo; wc -c' | tail -n 1""")
        self.assertGreater(int(out.split()[-1]), 500_000)

    def test_a_command_that_fails_ends_it(self):
        first = self.history("fail/")
        watch = ["watch", "fail/", "--prefix", "--rev", first, "--"]
        self.kvctl(*watch, "sh", "-c", "exit 7", code=7)
        self.kvctl(*watch, "sh", "-c", "kill -9 $$", code=137)
        self.kvctl(*watch, "no-such-command", code=NOT_FOUND)
        self.kvctl(*watch, "/etc/passwd", code=CANNOT_RUN)

    def test_how_it_ends(self):
        first = self.history("ends/")
        self.kvctl("watch", "ends/none", "--once", "--timeout", "200ms", code=TIMEOUT)
        self.kvctl("watch", "b", "a", code=USAGE)
        self.kvctl("watch", "a", "--once", "--count", "2", code=USAGE)
        self.kvctl("watch", code=USAGE)
        self.kvctl("watch", "x", KVCTL_ENDPOINTS="127.0.0.1:1", code=UNAVAILABLE)
        at = self.revision()
        self.kvctl("compaction", str(at))
        self.kvctl("watch", "ends/a", "--rev", first, code=LIMIT)
        self.assertIn(f"events are kept from revision {at} on", self.words)

    def test_the_key_may_stand_in_the_environment(self):
        at = self.kvctl("put", "environment", "v", "--print-rev").decode().strip()
        self.assertEqual(self.kvctl("watch", "--rev", at, "--once", "-w", "raw", ETCDCTL_WATCH_KEY="environment"), b"v")

    def test_progress(self):
        cluster = Cluster(self.kind, 1, flags=("--experimental-watch-progress-notify-interval=200ms",))
        with cluster:
            endpoint = cluster.servers[0].endpoint
            watch = self.start("watch", "p", "--progress-notify", "-w", "jsonl", KVCTL_ENDPOINTS=endpoint)
            watch.wait_for(b'{"progress":1}')
            self.kvctl("put", "other", "x", KVCTL_ENDPOINTS=endpoint)
            watch.wait_for(b'{"progress":2}')


class ByLines(Lasting):
    """watch -i: watches that are asked for on standard input."""

    def begin(self, tool="kvctl") -> Running:
        return self.start("watch", "-i", tool=tool, stdin=subprocess.PIPE)

    def test_lines_are_followed_as_etcdctl_does(self):
        seen = {}
        for tool in ("etcdctl", "kvctl"):
            first = self.kvctl("put", f"{tool}/a", "1", "--print-rev").decode().strip()
            self.kvctl("put", f'{tool}/"b c"', "2")
            dialogue = self.begin(tool)
            dialogue.say(f"watch {tool}/ --prefix --rev {first}")
            dialogue.wait_for(f'PUT\n{tool}/a\n1\nPUT\n{tool}/"b c"\n2\n'.encode())
            dialogue.say("progress")
            dialogue.wait_for(f"progress notify: {self.revision()}\n".encode())
            for line in ("nonsense", "watch", ""):
                dialogue.say(line)
                dialogue.wait_for(f"Invalid command{' ' + line if line else ''}".encode(), "err")
            dialogue.say(f'watch --rev={first} "{tool}/\\"b c\\"" -- sh -c "echo $ETCD_WATCH_VALUE"')
            dialogue.wait_for(b'2\n"2"\n')
            self.kvctl("put", f"{tool}/z", "3")
            dialogue.wait_for(f"{tool}/z\n3\n".encode())
            dialogue.say("progress")  # of each of the two
            dialogue.wait_for(lambda said: said.count(f"progress notify: {self.revision()}\n".encode()) == 2)
            dialogue.end(signal.SIGKILL)
            seen[tool] = re.sub(rb"notify: \d+", b"notify: REVISION", dialogue.out.replace(tool.encode(), b"TOOL"))
        self.assertEqual(seen["kvctl"], seen["etcdctl"])

    def test_the_end_of_the_input_ends_all(self):
        dialogue = self.begin()
        dialogue.say("watch forever")
        dialogue.say("progress")
        dialogue.wait_for(b"progress notify: ")
        dialogue.process.stdin.close()
        self.assertEqual((dialogue.end(), dialogue.err), (OK, ""))

    def test_watches_end_one_by_one(self):
        first = self.history("single/")
        dialogue = self.begin()
        dialogue.say(f"watch single/a --rev {first} --once --filter noput")
        dialogue.wait_for(b"DELETE\nsingle/a\n\n")
        self.kvctl("compaction", str(self.revision()))
        dialogue.say(f"watch single/a --rev {first}")
        dialogue.wait_for(b"is compacted", "err")
        dialogue.say(f"watch single/b --rev {self.revision()} -- false")
        dialogue.wait_for(b"single/b\n")
        for line in ("watch a b c", "watch b a", "watch --nonsense a", "watch 'a", "progress"):
            dialogue.say(line)
        dialogue.wait_for(lambda said: said.count(b"Invalid command") == 4, "err")
        dialogue.say("watch single/c")
        dialogue.say("progress")
        dialogue.wait_for(b"progress notify: ")
        dialogue.process.stdin.close()
        self.assertEqual(dialogue.end(), 1, "that of the last one that failed")

    def test_words_beside_i_are_refused(self):
        self.kvctl("watch", "-i", "key", code=USAGE)

    def history(self, prefix: str) -> str:
        first = self.kvctl("put", f"{prefix}a", "1", "--print-rev").decode().strip()
        self.kvctl("del", f"{prefix}a")
        self.kvctl("put", f"{prefix}b", "1")
        return first


class Resuming(unittest.TestCase):
    """A watch of three members of which one dies after the other."""

    kind = SERVER_KIND
    ROUNDS = 4
    EVENTS_BETWEEN = 40

    def kvctl(self, *arguments) -> bytes:
        return subprocess.run([places.binary("kvctl"), *arguments], env=self.environment, capture_output=True, check=True,
                              timeout=120 * places.time_scale()).stdout

    def test_nothing_is_missed_and_nothing_comes_twice(self):
        with Cluster(self.kind, 3) as cluster:
            self.environment = places.environment(KVCTL_ENDPOINTS=cluster.endpoints)
            watch = Running([places.binary("kvctl"), "watch", "r/", "--prefix", "--rev", "1", "-w", "jsonl"], self.environment)
            with Writers(cluster) as writers:
                for number in range(self.ROUNDS):
                    self.see_more(watch)
                    # The leader, and then the member that is being watched.
                    doomed = cluster.leader() if number % 2 == 0 else self.watched(cluster, watch)
                    doomed.kill()
                    self.see_more(watch)
                    doomed.start().wait_healthy()
            self.kvctl("put", "r/end", "the last")
            watch.wait_for(b'"the last"', seconds=60)
            watch.end(signal.SIGTERM)
            self.assertIn("goes on at", watch.err)
            seen = watch.out.splitlines()
            whole = self.kvctl("watch", "r/", "--prefix", "--rev", "1", "-w", "jsonl", "--count", str(len(seen)))
            self.assertEqual(seen, whole.splitlines())
            keys = [json.loads(line)["key"].encode() for line in seen]
            self.assertEqual(len(keys), len(set(keys)))
            self.assertEqual(writers.acknowledged - set(keys), set())
            self.assertGreater(len(keys), 2 * self.ROUNDS * self.EVENTS_BETWEEN)

    def see_more(self, watch: Running) -> None:
        before = watch.out.count(b"\n")
        watch.wait_for(lambda said: said.count(b"\n") >= before + self.EVENTS_BETWEEN, seconds=60)

    def watched(self, cluster: Cluster, watch: Running):
        went_on = [line for line in watch.err.splitlines() if "goes on at" in line]
        endpoint = went_on[-1].split()[4] if went_on else cluster.servers[0].endpoint
        return next(server for server in cluster.servers if server.endpoint == endpoint)


class Writers:
    """Clients that put keys of their own, one after the other, until the end of the `with`."""

    CLIENTS = 3

    def __init__(self, cluster: Cluster):
        self.endpoints = [server.endpoint for server in cluster.servers]
        self.acknowledged = set()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in range(self.CLIENTS)]

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def write(self, name: int) -> None:
        apis = [Api(endpoint) for endpoint in self.endpoints]
        for number in itertools.count():
            if self.stop.wait(0.005):
                break
            key = b"r/%d/%d" % (name, number)
            try:
                apis[(name + number) % len(apis)].put(key, b"v", timeout=2.0)
                self.acknowledged.add(key)
            except grpc.RpcError:
                pass  # it may have been written, and is not counted on
        for api in apis:
            api.channel.close()


class Locks(Lasting):
    def test_a_command_under_a_lock(self):
        out = self.shell("""kvctl lock l1 -- sh -c 'kvctl get "$KV_LOCK_KEY" -w jsonl; echo $KV_LOCK_REV $ETCD_LOCK_KEY $KV_LEASE'""")
        kv, words = out.splitlines()
        kv, (revision, key, lease) = json.loads(kv), words.split()
        self.assertEqual(kv["key"], f"l1/{int(lease, 16):x}")
        self.assertEqual((kv["create_revision"], kv["key"]), (int(revision), key))
        self.assertEqual(self.waiters("l1"), 0, "the lock is given back")
        self.kvctl("lock", "l1", "--", "sh", "-c", "exit 9", code=9)
        self.kvctl("lock", "l1", "false", code=1)
        self.kvctl("lock", "l1", "--", "no-such-command", code=NOT_FOUND)
        self.assertEqual(self.waiters("l1"), 0)

    def test_held_until_a_signal(self):
        lock = self.start("lock", "l2")
        lock.wait_for(b"l2/")
        self.assertRegex(lock.out.decode(), r"^l2/[0-9a-f]+\n\n$")
        self.kvctl("lock", "l2", "--no-wait", "--", "true", code=NO)
        self.kvctl("lock", "l2", "--wait", "200ms", "--", "true", code=TIMEOUT)
        self.assertEqual(self.waiters("l2"), 1, "who gives up leaves the line")
        self.assertEqual(lock.end(signal.SIGINT), 128 + signal.SIGINT)
        self.assertEqual(self.waiters("l2"), 0)

    def test_numbers_grow_from_holder_to_holder(self):
        holders = [self.start("lock", "l3", "--", "sh", "-c", "echo $KV_LOCK_REV >&2; kvctl incr l3-count") for _ in range(5)]
        self.assertEqual([holder.end() for holder in holders], [OK] * 5)
        seen = sorted((int(holder.out), int(holder.err)) for holder in holders)
        self.assertEqual([count for count, _ in seen], [1, 2, 3, 4, 5])
        self.assertEqual(seen, sorted(seen, key=lambda one: one[1]))

    def test_etcdctl_holds_and_kvctl_waits(self):
        theirs = self.start("lock", "l4", tool="etcdctl")
        theirs.wait_for(b"l4/")
        ours = self.start("lock", "l4")
        self.wait_until(lambda: self.waiters("l4") == 2, "both stand in line")
        self.assertEqual(ours.out, b"")
        theirs.end(signal.SIGINT)
        ours.wait_for(b"l4/")
        again = self.start("lock", "l4", tool="etcdctl")
        self.wait_until(lambda: self.waiters("l4") == 2, "both stand in line")
        self.assertEqual(again.out, b"")
        ours.end(signal.SIGTERM)
        again.wait_for(b"l4/")
        again.end(signal.SIGINT)

    def test_the_command_ends_when_the_lock_is_lost(self):
        script = 'trap "echo ended; exit 0" TERM; echo "$KV_LOCK_KEY"; while :; do sleep 0.05; done'
        lock = self.start("lock", "l5", "--", "sh", "-c", script)
        key = lock.wait_for(b"\n").decode().strip()
        self.kvctl("del", key)
        self.assertEqual(lock.end(), LOST)
        self.assertIn(b"ended", lock.out)
        self.assertIn("lock lost", lock.err)

    def test_a_command_that_does_not_listen_is_killed_with_all_that_it_started(self):
        script = 'trap "" TERM; echo $$ "$KV_LEASE"; sleep 1000; sleep 1000'
        lock = self.start("lock", "l6", "--ttl", "2", "--", "sh", "-c", script)
        pid, lease = lock.wait_for(b"\n").decode().split()
        self.kvctl("lease", "revoke", lease)
        self.assertEqual(lock.end(), LOST)
        self.wait_until(lambda: not alive_in_group(int(pid)), "all of the group are dead")

    def test_what_outlives_the_command_is_killed_too(self):
        script = '(trap "" TERM; sleep 1000) & echo $$ "$KV_LEASE"; wait'
        lock = self.start("lock", "l10", "--", "sh", "-c", script)
        pid, lease = lock.wait_for(b"\n").decode().split()
        self.kvctl("lease", "revoke", lease)
        self.assertEqual(lock.end(), LOST)
        self.wait_until(lambda: not alive_in_group(int(pid)), "all of the group are dead")

    def test_signals_reach_the_command(self):
        script = 'trap "echo interrupted; exit 5" INT; echo ready; while :; do sleep 0.05; done'
        lock = self.start("lock", "l7", "--", "sh", "-c", script)
        lock.wait_for(b"ready")
        self.assertEqual(lock.end(signal.SIGINT), 5)
        self.assertIn(b"interrupted", lock.out)
        self.assertEqual(self.waiters("l7"), 0)

    def test_kept_for_longer_than_its_time(self):
        self.assertEqual(self.kvctl("lock", "l8", "--ttl", "2s", "--", "sh", "-c", "sleep 5; kvctl get $KV_LOCK_KEY --count-only"), b"1\n")
        self.kvctl("lock", "l8", "--ttl", "0", "--", "true", code=USAGE)

    def test_a_waiter_whose_key_is_deleted_does_not_hold_the_lock(self):
        holder = self.start("lock", "l9")
        holder.wait_for(b"l9/")
        waiter = self.start("lock", "l9", "--", "echo", "mine")
        self.wait_until(lambda: self.waiters("l9") == 2, "both stand in line")
        self.kvctl("del", "l9/", "--prefix")
        self.assertEqual(holder.end(), LOST)
        self.assertEqual((waiter.end(), waiter.out), (LOST, b""))


class Elections(Lasting):
    def test_one_is_elected_and_the_next_follows(self):
        first = self.start("elect", "e1", "one")
        first.wait_for(b"one\n")
        second = self.start("elect", "e1", "two", "--", "sh", "-c", "echo $KV_ELECTION_KEY; sleep 1000")
        listener = self.start("elect", "e1", "--listen", "-w", "raw")
        listener.wait_for(b"one")
        theirs = self.start("elect", "e1", "-l", tool="etcdctl")
        theirs.wait_for(b"one\n")
        self.wait_until(lambda: self.waiters("e1") == 2, "both stand for it")
        self.assertEqual(first.end(signal.SIGTERM), 128 + signal.SIGTERM)
        second.wait_for(b"two\ne1/")
        listener.wait_for(b"two")
        theirs.wait_for(b"two\n")
        self.assertEqual(second.end(signal.SIGTERM), 128 + signal.SIGTERM)
        self.assertEqual(self.waiters("e1"), 0)
        third = self.start("elect", "e1", "three", tool="etcdctl")
        listener.wait_for(b"three")
        fourth = self.start("elect", "e1", "four")
        self.wait_until(lambda: self.waiters("e1") == 2, "both stand for it")
        third.end(signal.SIGINT)
        fourth.wait_for(b"four")
        self.kvctl("put", fourth.out.split()[0].decode(), "four again", "--ignore-lease")
        listener.wait_for(b"four again")
        self.kvctl("elect", "e1", code=USAGE)


class LeaseRun(Lasting):
    def test_a_lease_as_long_as_a_command(self):
        out = self.shell("""kvctl lease run --ttl 5 -- sh -c 'kvctl put here x --lease $KV_LEASE; echo $KV_LEASE; exit 3'; [ $? -eq 3 ]""")
        lease = out.split()[-1]
        self.kvctl("get", "here", code=NO)
        self.assertIn(b"already expired", self.kvctl("lease", "timetolive", lease))
        self.kvctl("lease", "run", code=USAGE)
        self.kvctl("lease", "run", "--", "sh", "-c", "kvctl lease revoke $KV_LEASE; sleep 1000", code=LOST)


class Mirrors(Lasting):
    def test_two_clusters_come_to_hold_the_same(self):
        with Cluster(self.kind, 1) as other:
            there = other.servers[0].endpoint
            lines = "".join(json.dumps({"key": f"m/{i:04}", "value": f"v{i}"}) + "\n" for i in range(3000))
            self.kvctl("import", stdin=lines.encode())
            mirror = self.start("make-mirror", there, "--prefix", "m/", "--dest-prefix", "copy/")
            mirror.wait_for(b"3000 keys copied", "err")
            self.kvctl("txn", stdin=b"\nput m/a 1\nput m/b 2\ndel m/0000\n\n\n")
            self.kvctl("del", "m/1", "--prefix")
            self.kvctl("put", "other", "not in the mirror")
            self.kvctl("put", "m/last", "-", stdin=bytes(range(256)))
            self.kvctl("wait", "key", "copy/last", "--timeout", "30s", KVCTL_ENDPOINTS=there)
            self.assertEqual(mirror.end(signal.SIGTERM), 128 + signal.SIGTERM)
            self.kvctl("diff", "m/", "copy/", "--to-endpoints", there)
            count = 3000 - 1 - 1000 + 3
            self.assertEqual(self.kvctl("get", "", "--prefix", "--count-only", KVCTL_ENDPOINTS=there), b"%d\n" % count)
            revision = mirror.err.rsplit("--rev ", 1)[1].strip()
            self.kvctl("put", "m/later", "x")
            again = self.start("make-mirror", there, "--prefix", "m/", "--dest-prefix", "copy/", "--rev", revision)
            self.kvctl("wait", "key", "copy/later", "--timeout", "30s", KVCTL_ENDPOINTS=there)
            again.end(signal.SIGTERM)
            self.assertNotIn("copied", again.err)
            self.kvctl("diff", "m/", "copy/", "--to-endpoints", there)

    def test_the_same_as_etcdctls(self):
        with Cluster(self.kind, 1) as first, Cluster(self.kind, 1) as second:
            for i in range(20):
                self.kvctl("put", f"same/{i}", f"v{i}")
            options = ["--prefix", "same/", "--no-dest-prefix"]
            mirrors = [self.start("make-mirror", *options, first.servers[0].endpoint),
                       self.start("make-mirror", *options, second.servers[0].endpoint, tool="etcdctl")]
            for cluster in (first, second):
                self.kvctl("wait", "key", "19", "--timeout", "30s", KVCTL_ENDPOINTS=cluster.endpoints)
            # etcdctl begins to watch some time after its copy; a change that it copied is seen too.
            self.kvctl("put", "same/x", "y")
            self.kvctl("del", "same/3")
            self.kvctl("put", "same/end", "z")
            for cluster in (first, second):
                self.kvctl("wait", "key", "end", "--timeout", "30s", KVCTL_ENDPOINTS=cluster.endpoints)
            for mirror in mirrors:
                mirror.end(signal.SIGTERM)
            self.kvctl("diff", "", "", "--to-endpoints", second.endpoints, KVCTL_ENDPOINTS=first.endpoints)

    def test_a_mirror_into_itself_is_refused(self):
        self.kvctl("make-mirror", self.server.endpoint, code=USAGE)
        self.kvctl("make-mirror", self.server.endpoint, "--prefix", "a/", "--dest-prefix", "a/b/", code=USAGE)
        self.kvctl("make-mirror", "127.0.0.1:1", code=UNAVAILABLE)

    def test_a_destination_that_stops_for_a_while_misses_nothing(self):
        with Cluster(self.kind, 1) as other:
            there = other.servers[0]
            self.kvctl("put", "gap/0", "x")
            mirror = self.start("make-mirror", there.endpoint, "--prefix", "gap/")
            mirror.wait_for(b"copied", "err")
            there.kill()
            for i in range(1, 50):
                self.kvctl("put", f"gap/{i}", "x")
            mirror.wait_for(b"trying again", "err")
            there.start().wait_healthy()
            self.kvctl("put", "gap/end", "x")
            self.kvctl("wait", "key", "gap/end", "--timeout", "30s", KVCTL_ENDPOINTS=there.endpoint)
            self.kvctl("diff", "gap/", "gap/", "--to-endpoints", there.endpoint)
            mirror.end(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main(verbosity=1)
