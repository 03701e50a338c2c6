#!/usr/bin/env python3
"""A thousand pods, as a Kubernetes API server keeps them, while leaders are killed and history is compacted."""

import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api, grpc, kv_pb2, rpc_pb2  # noqa: E402
from apiserver import COMPACT_KEY, PREFIX, PREFIX_END, Compacted, Compactor, Conflict, Controller, Store  # noqa: E402
from cluster import Cluster  # noqa: E402
from informer import CompactionWatcher, Informer  # noqa: E402
from watching import WatchStream  # noqa: E402

PODS = 1000
CONTROLLERS = 4
ROUNDS = 3
KILLS = 2


class OneMember(unittest.TestCase):
    """The shapes by themselves."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("kvd", 1, ("--watch-progress-notify-interval=200ms",))
        cls.cluster.start()
        cls.store = Store(cls.cluster)

    @classmethod
    def tearDownClass(cls):
        cls.store.close()
        cls.cluster.__exit__(None, None, None)

    def test_an_object_lives(self):
        name = PREFIX + b"life/a"
        created = self.store.create(name, b"1")
        self.assertEqual(self.store.get(name).mod_revision, created)
        with self.assertRaises(Conflict):
            self.store.create(name, b"again")
        updated = self.store.update(name, b"2", created)
        self.assertGreater(updated, created)
        with self.assertRaises(Conflict) as stale:
            self.store.update(name, b"3", created)
        self.assertEqual((stale.exception.current.value, stale.exception.current.mod_revision), (b"2", updated))
        with self.assertRaises(Conflict):
            self.store.delete(name, created)
        self.assertGreater(self.store.delete(name, updated), updated)
        self.assertIsNone(self.store.get(name))
        with self.assertRaises(Conflict) as gone:
            self.store.update(name, b"4", updated)
        self.assertIsNone(gone.exception.current)

    def test_pages_are_of_one_revision(self):
        for i in range(25):
            self.store.create(PREFIX + b"pages/%02d" % i, b"x")
        first = self.store.read(rpc_pb2.RangeRequest(key=PREFIX, range_end=PREFIX_END, limit=10))
        self.store.create(PREFIX + b"pages/later", b"x")
        rest = self.store.read(
            rpc_pb2.RangeRequest(key=first.kvs[-1].key + b"\0", range_end=PREFIX_END, limit=1000,
                                 revision=first.header.revision)
        )
        self.assertNotIn(PREFIX + b"pages/later", {kv.key for kv in rest.kvs})
        self.assertEqual(rest.count, first.count - 10)
        self.assertFalse(rest.more)
        self.store.api().kv.Compact(rpc_pb2.CompactionRequest(revision=self.store.now()), timeout=20)
        with self.assertRaises(Compacted):
            self.store.read(rpc_pb2.RangeRequest(key=PREFIX, revision=first.header.revision))

    def test_a_revision_of_the_future_is_refused(self):
        with self.assertRaises(grpc.RpcError) as error:
            self.store.read(rpc_pb2.RangeRequest(key=PREFIX, revision=self.store.now() + 1000))
        self.assertEqual(error.exception.code(), grpc.StatusCode.OUT_OF_RANGE)
        self.assertIn("future revision", error.exception.details())

    def test_one_compactor_wins(self):
        version, revision = self.store.compact_once(0, 0)
        loser, _ = self.store.compact_once(0, 0)
        self.assertEqual(loser, version)
        self.store.create(PREFIX + b"compact/x", b"x")
        self.assertEqual(self.store.compact_once(version, revision)[0], version + 1)

    def test_a_cache_follows(self):
        informer = Informer(self.cluster, 0)
        informer.start()
        for number in range(50):
            name = PREFIX + b"cache/%d" % (number % 10)
            held = self.store.get(name)
            if held is None:
                self.store.create(name, b"%d" % number)
            elif number % 3 == 0:
                self.store.delete(name, held.mod_revision)
            else:
                self.store.update(name, b"%d" % number, held.mod_revision)
        informer.reach(self.store.now())
        while not informer.counts["bookmark"]:  # one comes by itself when nothing happens
            with informer.progressed:
                self.assertTrue(informer.progressed.wait(20 * places.time_scale()), "no bookmark comes")
        informer.end()
        self.assertEqual(informer.cache.objects, self.store.list()[1])
        self.assertEqual((informer.counts["list"], informer.counts["stream"]), (1, 1))

    def test_progress_is_told_on_request_even_when_nothing_ever_happened(self):
        with self.api() as api, WatchStream(api.channel) as stream:
            stream.create(key=b"/registry/nothing/", range_end=b"/registry/nothing0", start=self.store.now() + 1)
            self.assertTrue(next(stream).created)
            written = self.store.create(PREFIX + b"progress/x", b"x")
            stream.ask_progress()
            answer = next(a for a in stream if a.watch_id == -1)
            self.assertGreaterEqual(answer.revision, written)
            self.assertFalse(answer.events or answer.created or answer.canceled)

    def test_a_watch_from_what_was_compacted_is_cancelled(self):
        old = self.store.create(PREFIX + b"compacted/x", b"x")
        self.store.create(PREFIX + b"compacted/y", b"x")
        now = self.store.now()
        with self.api() as api, WatchStream(api.channel) as stream:
            api.kv.Compact(rpc_pb2.CompactionRequest(revision=now), timeout=20 * places.time_scale())
            stream.create(key=PREFIX, range_end=PREFIX_END, start=old, prev_kv=True)
            created, canceled = next(stream), next(stream)
            self.assertTrue(created.created and not created.canceled)
            self.assertTrue(canceled.canceled and not canceled.events)
            self.assertEqual((canceled.compact_revision, canceled.revision, canceled.reason), (now, 0, ""))
            # The compacted revision itself can still be watched.
            stream.create(key=PREFIX, range_end=PREFIX_END, start=now)
            self.assertTrue(next(stream).created)
            self.assertEqual(next(a for a in stream if a.events).events[0].kv.key, PREFIX + b"compacted/y")

    def test_a_thousand_events_of_one_lease_end_at_one_revision(self):
        names = sorted(PREFIX + b"events/%d" % i for i in range(1000))
        with self.api() as api, WatchStream(api.channel) as stream:
            granted = api.lease.LeaseGrant(rpc_pb2.LeaseGrantRequest(TTL=3), timeout=20 * places.time_scale())
            keep = rpc_pb2.LeaseKeepAliveRequest(ID=granted.ID)
            written = {}
            for number, name in enumerate(names):
                if number % 20 == 0:  # it ends when all is written, however long that takes
                    self.assertGreater(next(api.lease.LeaseKeepAlive(iter([keep]))).TTL, 0)
                written[name] = self.store.create(name, b"event", lease=granted.ID)
            stream.create(key=PREFIX, range_end=PREFIX_END, start=max(written.values()) + 1, prev_kv=True)
            self.assertTrue(next(stream).created)
            events = next(a for a in stream if a.events).events
            self.assertEqual([event.kv.key for event in events], names)
            self.assertEqual({event.type for event in events}, {kv_pb2.Event.DELETE})
            self.assertEqual(len({event.kv.mod_revision for event in events}), 1)
            self.assertEqual({e.prev_kv.key: e.prev_kv.mod_revision for e in events}, written)
            self.assertEqual({event.prev_kv.lease for event in events}, {granted.ID})

    def test_a_list_in_one_stream(self):
        for number in range(300):
            self.store.create(PREFIX + b"stream/%d" % number, b"x" * (number * 10))
        self.assertEqual(self.store.list_streamed(), self.store.list(limit=50))

    def test_what_is_counted(self):
        for number in range(5):
            self.store.create(b"/registry/counted/%d" % number, b"x" * 100)
        prefix = {"key": b"/registry/counted/", "range_end": b"/registry/counted0"}
        counted = self.store.read(rpc_pb2.RangeRequest(**prefix, count_only=True))
        self.assertEqual((counted.count, len(counted.kvs), counted.more), (5, 0, False))
        keys = self.store.read(rpc_pb2.RangeRequest(**prefix, keys_only=True))
        self.assertEqual((keys.count, {kv.value for kv in keys.kvs}), (5, {b""}))
        self.assertTrue(all(kv.mod_revision and kv.version == 1 for kv in keys.kvs))

    def api(self) -> Api:
        return Api(self.cluster.servers[0].endpoint)

    def test_the_probes(self):
        self.assertEqual(len(self.store.read(rpc_pb2.RangeRequest(key=b"/registry/health")).kvs), 0)
        server = self.cluster.servers[0]
        for path in ("/livez", "/readyz", "/health?exclude=NOSPACE&serializable=true", "/health?serializable=false"):
            self.assertEqual(server.http(path, 20)[0], 200, path)

    def test_who_it_says_it_is(self):
        """Bare semantic versions, new enough for what clients want of them (contract 8.1 and 8.5)."""
        with self.api() as api:
            status = api.status(timeout=20)
        self.assertRegex(status.version, r"^\d+\.\d+\.\d+$")
        self.assertGreaterEqual(tuple(int(part) for part in status.version.split(".")), (3, 5, 13))
        self.assertGreater(status.dbSize, 0)
        code, body = self.cluster.servers[0].http("/version", 20)
        said = json.loads(body)
        self.assertEqual((code, said["etcdserver"]), (200, status.version))
        self.assertRegex(said["etcdcluster"], r"^3\.\d+\.0$")


class ThreeMembers(unittest.TestCase):
    def test_a_thousand_pods_while_leaders_are_killed(self):
        flags = ("--heartbeat-interval=50", "--election-timeout=500", "--snapshot-count=2000",
                 "--snapshot-catchup-entries=500", "--watch-progress-notify-interval=500ms")
        with Cluster("kvd", 3, flags) as cluster:
            controllers = [Controller(cluster, i, PODS // CONTROLLERS, ROUNDS) for i in range(CONTROLLERS)]
            compactors = [Compactor(cluster, i, 0.7 * places.time_scale()) for i in range(2)]
            informers = [Informer(cluster, 0), Informer(cluster, 1), Informer(cluster, 2, nap=2.5)]
            followed = CompactionWatcher(cluster, COMPACT_KEY)
            for thread in [*informers, followed, *controllers, *compactors]:
                thread.start()
            for _ in range(KILLS):
                time.sleep(2 * places.time_scale())
                self.replace_leader(cluster)
            for controller in controllers:
                controller.join()
            for compactor in compactors:
                compactor.done.set()
                compactor.join()
            for controller in controllers:
                if controller.failure:
                    raise controller.failure
            self.assertGreater(sum(compactor.compactions for compactor in compactors), 0)
            self.check(cluster, controllers)
            self.check_caches(cluster, controllers, informers)
            followed.end()
            self.assertGreaterEqual(len(followed.seen), 2)

    def replace_leader(self, cluster) -> None:
        leader = cluster.leader(30)
        leader.kill()
        cluster.leader(30)
        leader.start().wait_healthy(60)

    def check(self, cluster, controllers) -> None:
        revisions = [revision for controller in controllers for revision in controller.revisions]
        self.assertEqual(len(revisions), len(set(revisions)), "two writes were given one revision")
        expected = {key: value for controller in controllers for key, value in controller.expected.items()}
        store = Store(cluster)
        try:
            revision, found = store.list(limit=100)
            self.assertEqual({key: kv.value for key, kv in found.items()}, expected)
            self.assertGreaterEqual(revision, max(revisions))
            self.assertEqual(store.count(), len(expected))
            self.assertEqual(store.list_streamed(), store.list())
        finally:
            store.close()
        # Every member by itself says the same.
        for server in cluster.servers:
            with Api(server.endpoint) as api:
                answer = api.range(PREFIX, range_end=PREFIX_END, timeout=60 * places.time_scale())
                self.assertEqual({kv.key: kv.value for kv in answer.kvs}, expected)

    def check_caches(self, cluster, controllers, informers) -> None:
        """Each is what the server has; who never had to list again has seen every write that was acknowledged."""
        written = {revision for controller in controllers for revision in controller.revisions}
        store = Store(cluster)
        revision, expected = store.list()
        store.close()
        for informer in informers:
            informer.reach(revision)
            informer.end()
            print(f"{informer.name}: {informer.counts}", flush=True)
            self.assertEqual(informer.cache.objects, expected)
            if informer.counts["list"] == 1:
                self.assertLessEqual(written, set(informer.cache.revisions))
        self.assertGreater(informers[-1].counts["list"], 1, "nothing was compacted under the one that naps")


if __name__ == "__main__":
    unittest.main()
