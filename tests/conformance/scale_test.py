#!/usr/bin/env python3
"""How many, and how fast beside whom: the figures that the store is made for, held in one member."""

import re
import resource
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
import wire  # noqa: E402
from api import Api, rpc_pb2 as pb  # noqa: E402
from cluster import Cluster  # noqa: E402
from raw_grpc import ASK_PROGRESS, WATCH, Client, Crowd, create_watch  # noqa: E402
from watching import parse_answer  # noqa: E402

PATIENCE = 60 * places.time_scale()
CONNECTIONS, WATCHES_EACH = 1000, 10
WATCHES = CONNECTIONS * WATCHES_EACH
MEMORY_OF_WATCHES = 200 << 20
LEASES = 100_000
MEMORY_OF_LEASES = 200 << 20
SMALL_WINDOW = 65535


def allow_descriptors(count: int) -> None:
    """For this process and the servers that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard))


class Scale(unittest.TestCase):
    def setUp(self):
        allow_descriptors(2 * CONNECTIONS + 200)
        self.cluster = Cluster("kvd", 1)
        self.cluster.start()
        self.server = self.cluster.servers[0]
        self.api = Api(self.server.endpoint)

    def tearDown(self):
        self.api.channel.close()
        self.cluster.__exit__(None, None, None)

    def resident(self) -> int:
        status = Path(f"/proc/{self.server.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) << 10

    def assert_memory(self, before: int, limit: int) -> None:
        used = self.resident() - before
        print(f"{used >> 20} MB more", flush=True)
        if places.time_scale() == 1:  # a sanitizer's memory is its own
            self.assertLess(used, limit)

    def metric(self, name: str) -> int:
        return int(float(re.search(rf"^{name} (\S+)$", self.server.http("/metrics", timeout=30)[1], re.MULTILINE)[1]))

    def put_many(self, keys: list) -> int:
        """In transactions of a hundred; the last revision."""
        for at in range(0, len(keys), 100):
            puts = [pb.RequestOp(request_put=pb.PutRequest(key=key, value=b"v")) for key in keys[at : at + 100]]
            revision = self.api.kv.Txn(pb.TxnRequest(success=puts), timeout=PATIENCE).header.revision
        return revision


class Watches(Scale):
    def test_ten_thousand_watches_over_a_thousand_connections(self):
        """Each is told its own events and no other's; all of a key's are told one event that was encoded once."""
        before, told, created, progress = self.resident(), {}, [0], []
        began = time.monotonic()

        def said(number: int, data: bytes) -> None:
            answer = parse_answer(data)
            created[0] += answer.created
            if answer.is_progress:
                progress.append(answer.revision)
            for event in answer.events:
                told.setdefault((number, answer.watch_id), []).append((event.kv.key, event.kv.mod_revision))

        with Crowd() as crowd:
            streams = []
            for number in range(CONNECTIONS):
                client = crowd.add(Client(self.server.client_port, lambda _, data, n=number: said(n, data), SMALL_WINDOW))
                own = [create_watch(b"own/%04d/%d" % (number, one)) for one in range(WATCHES_EACH - 1)]
                streams.append((client, client.call(WATCH, *own, create_watch(b"shared"), ends=False)))
            crowd.read_until(lambda: created[0] == WATCHES, PATIENCE, "all watches created")
            print(f"{WATCHES} watches over {CONNECTIONS} connections in {time.monotonic() - began:.1f} s", flush=True)
            keys = [b"own/%04d/%d" % (number, one) for number in range(CONNECTIONS) for one in range(WATCHES_EACH - 1)]
            began = time.monotonic()
            self.put_many(keys)
            events, encoded = self.metric("etcd_debugging_mvcc_events_total"), self.metric("kvd_watch_events_encoded_total")
            last = [self.api.put(b"shared", b"%d" % one, timeout=PATIENCE).header.revision for one in range(10)]
            total = len(keys) + len(last) * CONNECTIONS
            crowd.read_until(lambda: sum(map(len, told.values())) == total, PATIENCE, f"all {total} events told")
            print(f"{total} events in {time.monotonic() - began:.1f} s", flush=True)
            self.assertGreaterEqual(self.metric("etcd_debugging_mvcc_events_total") - events, len(last) * CONNECTIONS)
            self.assertLessEqual(self.metric("kvd_watch_events_encoded_total") - encoded, len(last) + 1)
            for number in range(CONNECTIONS):
                for one in range(WATCHES_EACH - 1):
                    self.assertEqual([key for key, _ in told[number, one]], [b"own/%04d/%d" % (number, one)])
                self.assertEqual(told[number, WATCHES_EACH - 1], [(b"shared", revision) for revision in last])
            for client, stream in streams:
                client.say(stream, ASK_PROGRESS)
            crowd.read_until(lambda: len(progress) == CONNECTIONS, PATIENCE, "all streams told how far they are")
            self.assertEqual(set(progress), {last[-1]})
            self.assert_memory(before, MEMORY_OF_WATCHES)
        deadline = time.monotonic() + PATIENCE
        while self.metric("etcd_debugging_mvcc_watcher_total") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.metric("etcd_debugging_mvcc_watcher_total"), 0)

    def test_progress_never_overtakes_an_event(self):
        """Streams that read slowly, so that they are told from history: whatever the progress says has been told before."""
        value, puts = b"x" * 2000, 3000

        class Slow:
            def __init__(self):
                self.at = self.notified = self.answers = 0

            def said(self, _stream: int, data: bytes) -> None:
                answer = parse_answer(data)
                if answer.created:
                    self.at = answer.revision
                for event in answer.events:
                    if event.kv.mod_revision != self.at + 1:
                        raise AssertionError(f"revision {event.kv.mod_revision} comes behind {self.at}")
                    self.at = event.kv.mod_revision
                if answer.is_progress:
                    if answer.revision != self.at:
                        raise AssertionError(f"progress says {answer.revision}, told was up to {self.at}")
                    self.answers += 1

        with Crowd() as prompt, Crowd() as slow:
            clients = []
            for number in range(8):
                one = Slow()
                client = (slow if number % 2 else prompt).add(Client(self.server.client_port, one.said, SMALL_WINDOW))
                clients.append((one, client, client.call(WATCH, create_watch(b"p", prev_kv=number % 3 == 0), ends=False)))
            for crowd in (prompt, slow):
                crowd.read_until(lambda: all(one.at for one, client, _ in clients if client in crowd.clients), PATIENCE, "created")
            for number in range(puts // 50):
                calls = [self.api.kv.Put.future(pb.PutRequest(key=b"p", value=value), timeout=PATIENCE) for _ in range(50)]
                for _, client, stream in clients:
                    client.say(stream, ASK_PROGRESS)
                prompt.read_once(0)
                if number % 5 == 0:
                    slow.read_once(0)
                last = max(call.result().header.revision for call in calls)
            for crowd in (prompt, slow):
                crowd.read_until(lambda: all(one.at == last for one, client, _ in clients if client in crowd.clients),
                                 PATIENCE, "everything told")
            # Nothing was behind at the end: an answer comes for sure.
            answers = [one.answers for one, *_ in clients]
            for _, client, stream in clients:
                client.say(stream, ASK_PROGRESS)
            for crowd in (prompt, slow):
                crowd.read_until(lambda: all(one.answers > had for (one, client, _), had in zip(clients, answers)
                                             if client in crowd.clients), PATIENCE, "progress told at the end")
            print("answers to requests for progress:", [one.answers for one, *_ in clients], flush=True)


class Leases(Scale):
    def test_a_hundred_thousand_leases(self):
        """Granted, listed, kept alive, asked for, revoked; there again after a start."""
        before, answers = self.resident(), [0]

        def said(_stream: int, _data: bytes) -> None:
            answers[0] += 1

        began = time.monotonic()
        with Crowd() as crowd:
            client = crowd.add(Client(self.server.client_port, said))
            for at in range(1, LEASES + 1, 5000):
                grants = [wire.number(1, 3600) + wire.number(2, lease) for lease in range(at, at + 5000)]
                client.calls("/etcdserverpb.Lease/LeaseGrant", grants)
                crowd.read_until(lambda at=at: answers[0] == at + 4999, PATIENCE, f"{at + 4999} leases granted")
            print(f"{LEASES} leases granted in {time.monotonic() - began:.1f} s", flush=True)
            self.assert_memory(before, MEMORY_OF_LEASES)
            answers[0], began = 0, time.monotonic()
            stream = client.call("/etcdserverpb.Lease/LeaseKeepAlive", ends=False)
            for at in range(1, LEASES + 1, 2000):
                client.say(stream, *(wire.number(1, lease) for lease in range(at, at + 2000)))
                crowd.read_until(lambda at=at: answers[0] == at + 1999, PATIENCE, f"{at + 1999} leases kept alive")
            print(f"all kept alive in {time.monotonic() - began:.1f} s", flush=True)
        for lease in (1, LEASES // 2, LEASES):
            self.api.put(b"leased/%d" % lease, b"x", timeout=PATIENCE, lease=lease)
        self.api.lease.LeaseRevoke(pb.LeaseRevokeRequest(ID=1), timeout=PATIENCE)
        self.assert_leases()
        self.server.kill()
        self.server.start().wait_healthy(60)
        self.assert_leases()

    def assert_leases(self) -> None:
        leases = self.api.lease.LeaseLeases(pb.LeaseLeasesRequest(), timeout=PATIENCE).leases
        self.assertEqual({lease.ID for lease in leases}, set(range(2, LEASES + 1)))
        for lease in (2, LEASES // 2, LEASES):
            left = self.api.lease.LeaseTimeToLive(pb.LeaseTimeToLiveRequest(ID=lease, keys=True), timeout=PATIENCE)
            self.assertGreater(left.TTL, 3000)
            self.assertEqual(list(left.keys), [] if lease == 2 else [b"leased/%d" % lease])
        found = self.api.range(b"leased/", range_end=b"leased0", timeout=PATIENCE).kvs
        self.assertEqual(sorted(kv.lease for kv in found), [LEASES // 2, LEASES])


if __name__ == "__main__":
    unittest.main(verbosity=1)
