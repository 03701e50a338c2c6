#!/usr/bin/env python3
"""Rows of the matrix of bad inputs and faults that need members, time or a crowd: what each says must be seen, and that
nothing is lost, doubled or different anywhere."""

import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
import wire  # noqa: E402
from api import Api, rpc_pb2 as pb  # noqa: E402
from cluster import Cluster  # noqa: E402
from errors_test import outcome  # noqa: E402
from raw_grpc import WATCH, Client, Crowd, create_watch  # noqa: E402
from raw_steps import get, put, txn  # noqa: E402
from watching import WatchStream, parse_answer  # noqa: E402

PATIENCE = 30 * places.time_scale()
COMPACTED = ("OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted")
FUTURE = ("OUT_OF_RANGE", "etcdserver: mvcc: required revision is a future revision")
CHANGED = {
    "etcdserver: leader changed", "etcdserver: no leader", "etcdserver: request timed out",
    "etcdserver: request timed out, possibly due to previous leader failure",
    "etcdserver: request timed out, possibly due to connection lost",
}
TOO_MANY = ("RESOURCE_EXHAUSTED", "etcdserver: too many requests")
REQUEST_SECONDS = 7


class Rows(unittest.TestCase):
    """`self.apis`: one for each member."""

    SIZE, FLAGS = 3, ()

    def setUp(self):
        self.cluster = Cluster("kvd", self.SIZE, self.FLAGS)
        self.cluster.start()
        self.apis = []
        self.connect()

    def connect(self):
        """Anew: connections that were refused come back in their own time."""
        for api in self.apis:
            api.channel.close()
        self.apis = [Api(server.endpoint) for server in self.cluster.servers]
        self.api = self.apis[0]

    def tearDown(self):
        for api in self.apis:
            api.channel.close()
        self.cluster.__exit__(None, None, None)

    def put(self, key: bytes, value: bytes = b"x", api=None) -> int:
        return (api or self.api).put(key, value, timeout=PATIENCE).header.revision

    def states(self, apis=None) -> list:
        """(revision, hash) of each member, once it has all that was acknowledged."""
        states = []
        for api in apis or self.apis:
            now = api.range(b"any", timeout=PATIENCE).header.revision
            states.append((now, api.maintenance.HashKV(pb.HashKVRequest(revision=now), timeout=PATIENCE).hash))
        return states

    def assert_same_everywhere(self) -> None:
        self.assertEqual(len(set(self.states())), 1, self.states())


class Revisions(Rows):
    def test_every_member_refuses_the_same_revisions(self):
        """Rows 5 and 6: read at a compacted or a future revision, at the leader and at followers, and nothing changes."""
        for number in range(6):
            now = self.put(b"history", b"%d" % number)
        self.api.kv.Compact(pb.CompactionRequest(revision=now - 2, physical=True), timeout=PATIENCE)
        before = self.states()
        for api in self.apis:
            for expected, revision in ((COMPACTED, now - 3), (FUTURE, now + 1)):
                for serializable in (False, True):
                    request = pb.RangeRequest(key=b"history", revision=revision, serializable=serializable)
                    self.assertEqual(outcome(api.kv.Range, request), expected)
                self.assertEqual(outcome(api.kv.Txn, txn([], [put(b"a", b"1"), get(b"history", revision=revision)])), expected)
                self.assertEqual(outcome(api.kv.Compact, pb.CompactionRequest(revision=revision)), expected)
        self.assertEqual(self.states(), before)
        self.assert_same_everywhere()

    def test_transactions_at_the_edge_of_compaction_end_the_same_everywhere(self):
        """Row 12: each writes a key of its own and reads just where others compact; it does both or neither, on all members."""
        for number in range(200):
            now = self.put(b"history", b"%d" % number)
        edge, told = [now - 200], {}

        def compact() -> None:
            for revision in range(now - 190, now, 3):
                self.api.kv.Compact(pb.CompactionRequest(revision=revision), timeout=PATIENCE)
                edge[0] = revision

        def write(number: int) -> None:
            for one in range(120):
                key = b"edge/%d/%d" % (number, one)
                request = txn([], [put(key, b"x"), get(b"history", revision=edge[0] + one % 7 - 3)])
                told[key] = outcome(self.apis[number].kv.Txn, request)

        threads = [threading.Thread(target=compact), *(threading.Thread(target=write, args=(n,)) for n in range(3))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = {key for key, (code, _) in told.items() if code == "OK"}
        self.assertEqual({answer for answer in told.values() if answer[0] != "OK"}, {COMPACTED})
        self.assertTrue(done)
        for api in self.apis:
            found = api.range(b"edge/", range_end=b"edge0", timeout=PATIENCE).kvs
            self.assertEqual({kv.key for kv in found}, done)
            self.assertEqual({kv.version for kv in found}, {1})
        self.assert_same_everywhere()


class Outages(Rows):
    FLAGS = ("--heartbeat-interval=30", "--election-timeout=300")

    def test_without_a_quorum_writes_are_told_in_time_and_never_made_twice(self):
        """Row 20."""
        left = self.cluster.leader()
        api = self.apis[self.cluster.servers.index(left)]
        before = self.put(b"before", api=api)
        for server in self.cluster.servers:
            if server is not left:
                server.kill()
        began = time.monotonic()
        futures = {b"unknown/%d" % n: api.kv.Put.future(pb.PutRequest(key=b"unknown/%d" % n), timeout=PATIENCE) for n in range(20)}
        read = api.kv.Range.future(pb.RangeRequest(key=b"before"), timeout=PATIENCE)
        for future in (*futures.values(), read):
            error = future.exception(timeout=PATIENCE)
            self.assertEqual(error.code().name, "UNAVAILABLE")
            self.assertIn(error.details(), CHANGED)
        # Contract 2.7: five seconds and two election timeouts.
        self.assertLess(time.monotonic() - began, REQUEST_SECONDS * places.time_scale())
        stale = api.range(b"before", serializable=True, timeout=PATIENCE)
        self.assertEqual((stale.kvs[0].mod_revision, stale.header.revision), (before, before))
        for server in self.cluster.servers:
            if server is not left:
                server.start()
        for server in self.cluster.servers:
            server.wait_healthy(30)
        self.connect()
        self.put(b"after")
        found = self.api.range(b"unknown/", range_end=b"unknown0", timeout=PATIENCE).kvs
        self.assertLessEqual({kv.key for kv in found}, set(futures))
        self.assertLessEqual({kv.version for kv in found}, {1})
        self.assert_same_everywhere()

    def test_a_change_of_leader_amid_writes_is_told_or_not_seen(self):
        """Row 21: leadership is moved while clients of all members write; an acknowledged write is there, no write is there twice."""
        told, stopping = {}, threading.Event()

        def write(number: int) -> None:
            one = 0
            while not stopping.is_set():
                key = b"moving/%d/%d" % (number, one)
                told[key] = outcome(self.apis[number].kv.Put, pb.PutRequest(key=key, value=b"x"))
                one += 1

        threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        moved = 0
        for _ in range(6):
            leader = self.cluster.leader()
            target = self.apis[(self.cluster.servers.index(leader) + 1) % 3].status(timeout=PATIENCE).header.member_id
            with Api(leader.endpoint) as api:
                request = pb.MoveLeaderRequest(targetID=target)
                moved += outcome(api.maintenance.MoveLeader, request)[0] == "OK"
        dead = self.cluster.leader()
        dead.kill()
        self.cluster.leader()
        stopping.set()
        for thread in threads:
            thread.join()
        dead.start().wait_healthy(30)
        self.connect()
        self.assertGreater(moved, 0)
        failed = {answer for answer in told.values() if answer[0] != "OK"}
        # The killed member's own clients hear from their connection, not from it.
        self.assertLessEqual({code for code, _ in failed}, {"UNAVAILABLE"})
        self.assertLessEqual({text for _, text in failed if text.startswith("etcdserver")}, CHANGED)
        found = {kv.key: kv.version for kv in self.api.range(b"moving/", range_end=b"moving0", timeout=PATIENCE).kvs}
        self.assertLessEqual({key for key, (code, _) in told.items() if code == "OK"}, set(found))
        self.assertEqual(set(found.values()), {1})
        self.assert_same_everywhere()


class Clients(Rows):
    SIZE = 1

    def test_ten_thousand_watches_and_one_on_a_stream(self):
        """Row 14: all are served; beyond the limit a watch is refused by name; the others go on."""
        told, refused, created = set(), [], [0]

        def said(_stream: int, data: bytes) -> None:
            answer = parse_answer(data)
            created[0] += answer.created
            if answer.canceled:
                refused.append((answer.watch_id, answer.reason))
            told.update((answer.watch_id, event.kv.key) for event in answer.events)

        most, watches = 100_000, 10_001
        with Crowd() as crowd:
            client = crowd.add(Client(self.cluster.servers[0].client_port, said))
            stream = client.call(WATCH, *(create_watch(b"many/%d" % n) for n in range(watches)), ends=False)
            crowd.read_until(lambda: created[0] == watches, PATIENCE, "all watches created")
            self.put(b"many/0")
            self.put(b"many/%d" % (watches - 1))
            crowd.read_until(lambda: len(told) == 2, PATIENCE, "the first and the last told")
            for at in range(watches, most + 1, 10_000):
                client.say(stream, *(create_watch(b"more") for _ in range(at, min(at + 10_000, most + 1))))
                crowd.read_until(lambda at=at: created[0] == min(at + 10_000, most + 1), PATIENCE, "more created")
            self.assertEqual(refused, [(-1, "kvd: too many watches on the stream")])
            # A future revision waits; an id that is taken and a negative revision are refused; nobody else minds.
            self.put(b"many/1")
            crowd.read_until(lambda: len(told) == 3, PATIENCE, "told after a refusal")
        self.assertEqual(told, {(0, b"many/0"), (1, b"many/1"), (watches - 1, b"many/%d" % (watches - 1))})

    def test_a_watch_that_waits_for_the_future_and_refused_ones_beside_it(self):
        """Row 14."""
        now = self.put(b"w")
        with WatchStream(self.api.channel) as stream:
            stream.create(b"w")
            stream.create(b"w", start=now + 3, watch_id=5)
            for bad in ({"start": -1}, {"watch_id": 5}, {"range_end": b"a"}):
                stream.create(b"w", **bad)
            answers = [stream.next(PATIENCE) for _ in range(5)]
            self.assertEqual([(one.watch_id, one.canceled) for one in answers],
                             [(0, False), (5, False), (-1, True), (-1, True), (-1, True)])
            for _ in range(3):
                self.put(b"w")
            seen = [stream.next(PATIENCE) for _ in range(4)]
            told = sorted((one.watch_id, event.kv.mod_revision) for one in seen for event in one.events)
            self.assertEqual(told, [(0, now + 1), (0, now + 2), (0, now + 3), (5, now + 3)])

    def test_a_watcher_that_stops_reading_misses_nothing_that_it_is_not_told_of(self):
        """Row 15: it is caught up, or when that was compacted meanwhile, told up to where, and nothing more."""
        value = b"v" * 100_000
        first = self.put(b"slow/0", value)
        told, ended = [], []

        def said(_stream: int, data: bytes) -> None:
            answer = parse_answer(data)
            told.extend(event.kv.mod_revision for event in answer.events)
            if answer.canceled:
                ended.append(answer.compact_revision)

        with Crowd() as crowd:
            client = crowd.add(Client(self.cluster.servers[0].client_port, said, window=65535))
            client.call(WATCH, create_watch(b"slow/", b"slow0", start=first), ends=False)
            for number in range(400):  # 40 MB: more than is kept for it, on either side
                last = self.put(b"slow/%d" % (number % 7), value)
            self.api.kv.Compact(pb.CompactionRequest(revision=last, physical=True), timeout=PATIENCE)
            crowd.read_until(lambda: ended or (told and told[-1] == last), PATIENCE, "the end of its watch")
        self.assertEqual(told, list(range(first, first + len(told))), "a revision was left out")
        self.assertEqual(ended, [last])
        self.assertLess(len(told), last - first + 1)

    def test_clients_that_go_away_amid_a_write(self):
        """Row 16: whatever they sent is made once or never, and others' writes are not disturbed."""
        port = self.cluster.servers[0].client_port
        for number in range(300):
            body = wire.block(1, b"gone/%03d" % number) + wire.block(2, b"x" * (number * 300))
            client = Client(port, None)
            client.call("/etcdserverpb.KV/Put", body)
            if number % 3 == 0:
                client.socket.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER: a reset in place of a farewell
            client.close()
            self.put(b"stays/%03d" % number)
        found = self.api.range(b"gone/", range_end=b"gone0", timeout=PATIENCE).kvs
        self.assertEqual({kv.version for kv in found}, {1})
        self.assertTrue(all(kv.value == b"x" * (int(kv.key[5:]) * 300) for kv in found))
        stays = self.api.range(b"stays/", range_end=b"stays0", count_only=True, timeout=PATIENCE)
        self.assertEqual(stays.count, 300)


class Overload(Rows):
    SIZE, PUTS = 1, 12_000

    def test_more_than_can_be_applied_is_refused_and_not_made(self):
        """Row 22: behind one write that takes long others pile up; too many are refused at once, by name, and never made."""
        for keys in (100_000, 300_000, 900_000):  # the faster the machine, the more it takes
            answers, told = self.flood_behind_a_deletion_of(keys)
            refused = {key for key, answer in told.items() if answer == TOO_MANY}
            print(f"{answers} of {self.PUTS} taken; beside them {len(refused)} of {len(told)} refused", flush=True)
            if refused:
                break
        self.assertTrue(refused)
        self.assertLessEqual({text for code, text in told.values() if code != "OK"}, {TOO_MANY[1]} | CHANGED)
        found = {kv.key for kv in self.api.range(b"asked/", range_end=b"asked0", timeout=PATIENCE).kvs}
        self.assertEqual(found & refused, set())
        self.assertLessEqual({key for key, (code, _) in told.items() if code == "OK"}, found)
        made = self.api.range(b"flood/", range_end=b"flood0", keys_only=True, timeout=PATIENCE).kvs
        self.assertGreaterEqual(len(made), answers)

    def flood_behind_a_deletion_of(self, keys: int) -> tuple:
        """How many puts of the flood were taken, and what those beside it were told."""
        for at in range(0, keys, 100):
            last = self.api.kv.Txn.future(txn([], [put(b"old/%06d" % one) for one in range(at, at + 100)]), timeout=PATIENCE)
        last.result()
        answers, asked = [0], {}
        with Crowd() as crowd:
            client = crowd.add(Client(self.cluster.servers[0].client_port, lambda *_: answers.__setitem__(0, answers[0] + 1)))
            all_of_it = pb.DeleteRangeRequest(key=b"old/", range_end=b"old0")
            deletion = self.api.kv.DeleteRange.future(all_of_it, timeout=PATIENCE)
            client.calls("/etcdserverpb.KV/Put", [wire.block(1, b"flood/%05d" % number) for number in range(self.PUTS)])
            began = time.monotonic()
            while not deletion.done() or len(client.ended) < self.PUTS:
                key = b"asked/%d/%d" % (keys, len(asked))
                asked[key] = self.api.kv.Put.future(pb.PutRequest(key=key), timeout=PATIENCE)
                crowd.read_once(0.002)
                self.assertLess(time.monotonic() - began, PATIENCE)
        return answers[0], {key: outcome(lambda _, future=future, **__: future.result(), None) for key, future in asked.items()}


if __name__ == "__main__":
    unittest.main(verbosity=1)
