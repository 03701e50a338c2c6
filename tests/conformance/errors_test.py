#!/usr/bin/env python3
"""Every error of the API that can be provoked from outside, by its exact code and text; nothing changes by any of them."""

import concurrent.futures
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
import wire  # noqa: E402
from api import Api, grpc, rpc_pb2 as pb  # noqa: E402
from cluster import Cluster  # noqa: E402
from errors_table import PROVOKED  # noqa: E402
from member_test import ACTIVE_AFTER_SECONDS, Kvctl, add_server, join, url  # noqa: E402
from raw_steps import delete, get, nested, put, txn  # noqa: E402
from steps import eventually  # noqa: E402
from watching import Ended, WatchStream  # noqa: E402

SEEN = set()
NOBODY = 4242


class Errors(unittest.TestCase):
    """`cls.api` is a member of `cls.cluster`."""

    SIZE, FLAGS, CODES = 1, (), PROVOKED

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("kvd", cls.SIZE, cls.FLAGS)
        cls.cluster.start()
        cls.server = cls.cluster.servers[0]
        cls.api = Api(cls.server.endpoint)

    @classmethod
    def tearDownClass(cls):
        cls.api.channel.close()
        cls.cluster.__exit__(None, None, None)

    def refused(self, text: str, stub, request, **options) -> None:
        """The call fails with this text and with the code that the contract gives it; nothing comes of it."""
        before = self.state()
        seen = outcome(stub, request, **options)
        self.assertEqual(seen, (self.CODES[text], text), f"{request!r:.200}")
        self.assertEqual(self.state(), before, "a refused request has changed something")
        SEEN.add(text)

    def state(self) -> tuple:
        """The revision, the hash of the history, the leases: of the member that is asked, as it has them."""
        patience = 30 * places.time_scale()
        hashed = self.api.maintenance.HashKV(pb.HashKVRequest(), timeout=patience)
        leases = self.api.lease.LeaseLeases(pb.LeaseLeasesRequest(), timeout=patience).leases
        return hashed.header.revision, hashed.hash, sorted(lease.ID for lease in leases)

    def raw_add(self, request, **options):
        return self.api.raw("/etcdserverpb.Cluster/MemberAdd", request, **options)

    def raw_promote(self, request, **options):
        return self.api.raw("/etcdserverpb.Cluster/MemberPromote", request, **options)


def outcome(stub, request, seconds: float = 30, **options) -> tuple:
    try:
        return "OK", stub(request, timeout=seconds * places.time_scale(), **options)
    except grpc.RpcError as error:
        return error.code().name, error.details()


def peer_url(server) -> str:
    return f"http://127.0.0.1:{server.peer_port}"


class Requests(Errors):
    def test_keys_and_values(self):
        kv, empty, missing = self.api.kv, "etcdserver: key is not provided", "etcdserver: key not found"
        for stub, request in ((kv.Range, pb.RangeRequest()), (kv.Put, pb.PutRequest(value=b"x")),
                              (kv.DeleteRange, pb.DeleteRangeRequest(range_end=b"x")), (kv.Txn, txn([], [put(b"")])),
                              (kv.Txn, txn([], [], [nested([], [get(b"")])])), (kv.Txn, txn([], [delete(b"")]))):
            self.refused(empty, stub, request)
        for request in (pb.PutRequest(key=b"none", ignore_value=True), pb.PutRequest(key=b"none", ignore_lease=True)):
            self.refused(missing, kv.Put, request)
        self.refused(missing, kv.Txn, txn([], [put(b"a", b"1"), put(b"none", ignore_value=True)]))
        self.refused(missing, kv.Txn, txn([], [pb.RequestOp()]))
        value, lease = "etcdserver: value is provided", "etcdserver: lease is provided"
        self.refused(value, kv.Put, pb.PutRequest(key=b"a", value=b"x", ignore_value=True))
        self.refused(value, kv.Txn, txn([], [put(b"a", b"x", ignore_value=True)]))
        self.refused(lease, kv.Put, pb.PutRequest(key=b"a", lease=1, ignore_lease=True))
        self.refused(lease, kv.Txn, txn([], [], [put(b"a", lease=1, ignore_lease=True)]))

    def test_transactions(self):
        kv, many, twice = self.api.kv, "etcdserver: too many operations in txn request", \
            "etcdserver: duplicate key given in txn request"
        gets = [get(b"a")] * 129
        compares = [pb.Compare(key=b"a")] * 129
        for request in (txn(compares), txn([], gets), txn([], [], gets), txn([], gets[:100] + [nested([], gets[:28])])):
            self.refused(many, kv.Txn, request)
        self.assertEqual(outcome(kv.Txn, txn([], gets[:100] + [nested([], gets[:27])]))[0], "OK")
        self.refused(twice, kv.Txn, txn([], [put(b"a"), put(b"a")]))
        self.refused(twice, kv.Txn, txn([], [], [put(b"b"), delete(b"a", range_end=b"c")]))
        self.refused(twice, kv.Txn, txn([], [put(b"a"), nested([], [], [put(b"a")])]))

    def test_sort_options(self):
        for option in (5, 6):
            request = wire.block(1, b"key") + wire.number(option, 9)
            self.refused("etcdserver: invalid sort option", self.raw("/etcdserverpb.KV/Range"), request)
            request = wire.block(2, wire.block(1, request))
            self.refused("etcdserver: invalid sort option", self.raw("/etcdserverpb.KV/Txn"), request)

    def raw(self, method: str):
        return lambda request, **options: self.api.raw(method, request, **options)

    def test_revisions(self):
        kv, api = self.api.kv, self.api
        gone = "etcdserver: mvcc: required revision has been compacted"
        future = "etcdserver: mvcc: required revision is a future revision"
        for number in range(5):
            now = api.put(b"history", b"%d" % number, timeout=30).header.revision
        kv.Compact(pb.CompactionRequest(revision=now - 1, physical=True), timeout=30)
        for text, revision in ((gone, now - 2), (future, now + 1)):
            self.refused(text, kv.Range, pb.RangeRequest(key=b"history", revision=revision))
            self.refused(text, kv.Range, pb.RangeRequest(key=b"history", revision=revision, serializable=True))
            self.refused(text, kv.Txn, txn([], [get(b"history", revision=revision)]))
            self.refused(text, kv.Txn, txn([], [put(b"history", b"x"), get(b"history", revision=revision)]))
            self.refused(text, kv.Compact, pb.CompactionRequest(revision=revision))
            self.refused(text, api.maintenance.HashKV, pb.HashKVRequest(revision=revision))
        self.refused(gone, kv.Compact, pb.CompactionRequest(revision=now - 1))
        self.refused(gone, kv.Txn, txn([], [put(b"history", b"x"), get(b"history", revision=-1)]))

    def test_leases(self):
        kv, lease, none = self.api.kv, self.api.lease, "etcdserver: requested lease not found"
        self.refused(none, kv.Put, pb.PutRequest(key=b"leased", lease=NOBODY))
        self.refused(none, kv.Txn, txn([], [put(b"other", b"x"), put(b"leased", lease=NOBODY)]))
        self.refused(none, lease.LeaseRevoke, pb.LeaseRevokeRequest(ID=NOBODY))
        lease.LeaseGrant(pb.LeaseGrantRequest(ID=7, TTL=60), timeout=30)
        self.refused("etcdserver: lease already exists", lease.LeaseGrant, pb.LeaseGrantRequest(ID=7, TTL=60))
        self.refused("etcdserver: too large lease TTL", lease.LeaseGrant, pb.LeaseGrantRequest(TTL=9_000_000_001))
        before = self.state()[:2]
        for ttl in (0, -5, 1):  # raised to what an election allows
            granted = lease.LeaseGrant(pb.LeaseGrantRequest(ID=-8, TTL=ttl), timeout=30)
            self.assertEqual((granted.ID, granted.TTL, granted.error), (-8, 2, ""))
            self.refused("etcdserver: lease already exists", lease.LeaseGrant, pb.LeaseGrantRequest(ID=-8, TTL=60))
            lease.LeaseRevoke(pb.LeaseRevokeRequest(ID=-8), timeout=30)
        self.assertEqual(self.state()[:2], before, "a lease without keys is no revision")

    def test_compares_of_what_is_not_there(self):
        """They see zeros, and a value never; a revision comes only of what is written."""
        kv, before = self.api.kv, self.state()
        for target, field, zero in ((0, "version", 0), (1, "create_revision", 0), (2, "mod_revision", 0), (4, "lease", 0)):
            for result, holds in ((0, True), (1, False), (2, False), (3, False)):
                compare = pb.Compare(key=b"absent", target=target, result=result, **{field: zero})
                self.assertEqual(kv.Txn(txn([compare], [get(b"absent")]), timeout=30).succeeded, holds)
        for result in range(4):
            compare = pb.Compare(key=b"absent", target=3, result=result, value=b"")
            self.assertFalse(kv.Txn(txn([compare], [put(b"absent")]), timeout=30).succeeded)
        self.assertEqual(self.state(), before)
        absent = pb.Compare(key=b"absent", target=0, result=0, version=0)
        done = kv.Txn(txn([absent], [put(b"absent", b"x")]), timeout=30)
        self.assertEqual((done.succeeded, done.header.revision), (True, before[0] + 1))

    def test_sizes(self):
        big = pb.PutRequest(key=b"big", value=b"x" * 1_600_000)
        index = self.api.status(timeout=30).raftIndex
        self.refused("etcdserver: request is too large", self.api.kv.Put, big)
        self.assertEqual(self.api.status(timeout=30).raftIndex, index, "it has been proposed")
        code, text = outcome(self.api.kv.Put, pb.PutRequest(key=b"big", value=b"x" * 3_000_000))
        self.seen_part("grpc: received message larger than max", code, text)
        self.assertIn("vs. 2097152)", text)

    def test_deadlines_that_are_too_short(self):
        """Each is applied once or never, and the one who was told that it was has it."""
        code_of = {}
        for number in range(300):
            request = pb.PutRequest(key=b"hurry/%03d" % number, value=b"x")
            code_of[request.key] = outcome(self.api.kv.Put, request, seconds=0.001 * (number % 3))[0]
        self.assertLessEqual(set(code_of.values()), {"OK", "DEADLINE_EXCEEDED"})
        self.assertIn("DEADLINE_EXCEEDED", code_of.values())
        # Behind whatever of them is still under way.
        self.api.put(b"in peace", b"x", timeout=30)
        found = {kv.key: kv.version for kv in self.api.range(b"hurry/", range_end=b"hurry0", timeout=60).kvs}
        self.assertEqual(set(found.values()) - {1}, set())
        self.assertLessEqual({key for key, code in code_of.items() if code == "OK"}, set(found))

    def test_messages(self):
        code, text = outcome(self.raw("/etcdserverpb.KV/Put"), b"\x0a\x7fshort")
        self.seen_part("grpc: error unmarshalling request", code, text)
        for method in ("/etcdserverpb.KV/Nonsense", "/nonsense.Service/Method"):
            self.assertEqual(outcome(self.raw(method), b"")[0], "UNIMPLEMENTED", method)

    def seen_part(self, text: str, code: str, whole: str) -> None:
        """Where numbers or the parser's own words follow."""
        self.assertTrue(whole.startswith(text), whole)
        self.assertEqual(code, PROVOKED[text])
        SEEN.add(text)

    def test_downgrades(self):
        """The installed stubs do not know it: action is field 1, version field 2."""
        downgrade = self.raw("/etcdserverpb.Maintenance/Downgrade")
        for text, action, version in (("etcdserver: wrong downgrade target version format", 1, b"old"),
                                      ("etcdserver: invalid downgrade target version", 1, b"3.5"),
                                      ("etcdserver: invalid downgrade target version", 0, b"3.4.0"),
                                      ("etcdserver: no inflight downgrade job", 2, b"")):
            self.refused(text, downgrade, wire.number(1, action) + wire.block(2, version))

    def test_alarms(self):
        kv, alarm = self.api.kv, self.api.maintenance.Alarm
        texts = {pb.NOSPACE: "etcdserver: mvcc: database space exceeded", pb.CORRUPT: "etcdserver: corrupt cluster"}
        for kind, text in texts.items():
            raised = pb.AlarmRequest(action="ACTIVATE", memberID=NOBODY, alarm=kind)
            alarm(raised, timeout=30)
            self.refused(text, kv.Put, pb.PutRequest(key=b"alarm", value=b"x"))
            self.refused(text, kv.Txn, txn([], [put(b"alarm", b"x")]))
            self.refused(text, self.api.lease.LeaseGrant, pb.LeaseGrantRequest(TTL=60))
            if kind == pb.CORRUPT:
                self.refused(text, kv.DeleteRange, pb.DeleteRangeRequest(key=b"alarm"))
                self.refused(text, kv.Compact, pb.CompactionRequest(revision=1))
                self.refused(text, self.api.lease.LeaseRevoke, pb.LeaseRevokeRequest(ID=NOBODY))
            raised.action = pb.AlarmRequest.DEACTIVATE
            alarm(raised, timeout=30)
            self.assertEqual(outcome(kv.Put, pb.PutRequest(key=b"alarm", value=b"x"))[0], "OK")

    def test_watches_are_refused_in_the_stream(self):
        with WatchStream(self.api.channel) as stream:
            def created(**fields):
                stream.create(**fields)
                answer = next(stream)
                self.assertTrue(answer.created)
                return answer.canceled, answer.watch_id, answer.reason, answer.compact_revision

            self.assertEqual(created(key=b"w", watch_id=5), (False, 5, "", 0))
            self.assertEqual(created(key=b"w", watch_id=5),
                             (True, -1, "mvcc: duplicate watch ID provided on the WatchStream", 0))
            for end in (b"a", b"w"):
                self.assertEqual(created(key=b"w", range_end=end), (True, -1, "mvcc: watcher range is empty", 0))
            self.assertEqual(created(key=b"w", start=-1),
                             (True, -1, "etcdserver: mvcc: required revision has been compacted", 0))
            stream.cancel(77)
            stream.cancel(5)
            gone = next(stream)
            self.assertEqual((gone.canceled, gone.watch_id, gone.reason), (True, 5, ""))
            # Whatever was refused, the stream goes on; ids may be used again.
            self.assertEqual(created(key=b"w", watch_id=5), (False, 5, "", 0))
            self.api.put(b"w", b"x", timeout=30)
            self.assertEqual(next(stream).events[0].kv.key, b"w")


class Members(Errors):
    """One voter, and a learner that runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kvctl = Kvctl(cls.cluster)
        cls.learner = add_server(cls.cluster, "learner")
        cls.added = cls.kvctl("member", "add", "learner", "--learner", url(cls.learner))
        join(cls.learner, cls.added).wait_healthy(30)
        cls.ids = {name: int(row["id"], 16) for name, row in cls.kvctl.members().items()}

    def test_what_a_learner_does_not_do(self):
        text = "etcdserver: rpc not supported for learner"
        with Api(self.learner.endpoint) as api:
            self.refused(text, api.kv.Range, pb.RangeRequest(key=b"k"))
            self.refused(text, api.kv.Put, pb.PutRequest(key=b"k"))
            self.refused(text, api.kv.Txn, txn([], [get(b"k", serializable=True)]))
            self.refused(text, api.lease.LeaseLeases, pb.LeaseLeasesRequest())
            self.refused(text, api.cluster.MemberList, pb.MemberListRequest())
            with WatchStream(api.channel) as stream:
                stream.create(key=b"k")
                with self.assertRaises(Ended) as ended:
                    stream.next()
                self.assertEqual((ended.exception.code.name, ended.exception.details), (PROVOKED[text], text))
            self.assertEqual(outcome(api.kv.Range, pb.RangeRequest(key=b"k", serializable=True))[0], "OK")
            self.assertTrue(api.status(timeout=30 * places.time_scale()))

    def test_members(self):
        cluster, voter = self.api.cluster, self.ids[self.server.name]
        add, remove, update = pb.MemberAddRequest, pb.MemberRemoveRequest, pb.MemberUpdateRequest
        promote = self.raw_promote
        for urls in ([], ["127.0.0.1:1"], ["http://127.0.0.1"], ["http://127.0.0.1:1/path"], ["ftp://127.0.0.1:1"]):
            self.refused("etcdserver: given member URLs are invalid", cluster.MemberAdd, add(peerURLs=urls))
        taken = [peer_url(self.server)]
        self.refused("etcdserver: Peer URLs already exists", cluster.MemberAdd, add(peerURLs=taken))
        self.refused("etcdserver: Peer URLs already exists", cluster.MemberUpdate,
                     update(ID=self.ids["learner"], peerURLs=taken))
        for stub, request in ((cluster.MemberRemove, remove(ID=NOBODY)), (promote, wire.number(1, NOBODY)),
                              (cluster.MemberUpdate, update(ID=NOBODY, peerURLs=["http://127.0.0.1:1"]))):
            self.refused("etcdserver: member not found", stub, request)
        self.refused("etcdserver: can only promote a learner member", promote, wire.number(1, voter))
        another = wire.block(1, b"http://127.0.0.1:2") + wire.number(2, 1)
        self.refused("etcdserver: too many learner members in cluster", self.raw_add, another)

    def test_moving_the_leader(self):
        def move(request, **options):
            return self.api.raw("/etcdserverpb.Maintenance/MoveLeader", request, **options)

        for target in (NOBODY, self.ids["learner"]):
            self.refused("etcdserver: bad leader transferee", move, wire.number(1, target))


class Unstarted(Errors):
    """Members that are added and never start."""

    def test_one_after_the_other(self):
        eventually(lambda: self.api.cluster.MemberList(pb.MemberListRequest()).members[0].name, 20, "its own name")
        learner = wire.block(1, b"http://127.0.0.1:3") + wire.number(2, 1)
        deadline = time.monotonic() + 30
        while True:
            # An id is made of the URLs and the second: within one second the same URLs make the same id.
            added = pb.MemberAddResponse.FromString(self.raw_add(learner))
            code, text = outcome(self.raw_add, learner)
            if (code, text) == (PRECONDITION, "etcdserver: member ID already exist") or time.monotonic() > deadline:
                break
            self.api.cluster.MemberRemove(pb.MemberRemoveRequest(ID=added.member.ID), timeout=30)
        self.assertEqual(text, "etcdserver: member ID already exist")
        SEEN.add(text)
        self.refused("etcdserver: can only promote a learner member which is in sync with leader", self.raw_promote,
                     wire.number(1, added.member.ID))
        self.api.cluster.MemberRemove(pb.MemberRemoveRequest(ID=added.member.ID), timeout=30)
        # One may become two; a third is refused as long as the second has not started.
        self.api.cluster.MemberAdd(pb.MemberAddRequest(peerURLs=["http://127.0.0.1:4"]), timeout=30)
        self.refused("etcdserver: re-configuration failed due to not enough started members",
                     self.api.cluster.MemberAdd, pb.MemberAddRequest(peerURLs=["http://127.0.0.1:5"]))


class Outages(Errors):
    SIZE, FLAGS = 3, ("--heartbeat-interval=20", "--election-timeout=100")

    def test_step_by_step(self):
        time.sleep(ACTIVE_AFTER_SECONDS + places.time_scale())
        leader = self.cluster.leader()
        first, second = (server for server in self.cluster.servers if server is not leader)
        self.one_follower_is_gone(leader, first)
        self.nobody_leads(leader, second)

    def one_follower_is_gone(self, leader, gone) -> None:
        with Api(gone.endpoint) as api, Api(leader.endpoint) as self.api:
            target = wire.number(1, self.api.status(timeout=30).header.member_id)
            self.refused("etcdserver: not leader", lambda request, **options: api.raw(
                "/etcdserverpb.Maintenance/MoveLeader", request, **options), target)
            gone.kill()
            # Of a taken address, so that nothing comes of it before the others have seen that one is gone.
            text, add = "etcdserver: unhealthy cluster", pb.MemberAddRequest(peerURLs=[peer_url(leader)])
            eventually(lambda: outcome(self.api.cluster.MemberAdd, add) == (PROVOKED[text], text), 20, text)
            self.refused(text, self.api.cluster.MemberAdd, pb.MemberAddRequest(peerURLs=["http://127.0.0.1:6"]))

    def nobody_leads(self, left, stopped) -> None:
        with Api(left.endpoint) as self.api, concurrent.futures.ThreadPoolExecutor() as pool:
            lease = self.api.lease.LeaseGrant(pb.LeaseGrantRequest(TTL=60), timeout=30).ID
            stopped.kill()
            # Asked while it still believes to lead, and when it does no longer.
            early = [pool.submit(outcome, self.api.kv.Put, pb.PutRequest(key=b"early", value=b"x"))]
            while self.api.status(timeout=30).leader:
                time.sleep(0.02)
            late = [pool.submit(outcome, self.api.kv.Put, pb.PutRequest(key=b"late", value=b"x")),
                    pool.submit(outcome, self.api.kv.Range, pb.RangeRequest(key=b"late")),
                    pool.submit(outcome, self.keep_alive, lease)]
            self.refused("etcdserver: no leader", self.api.kv.Range, pb.RangeRequest(key=b"k", serializable=True),
                         metadata=(("hasleader", "true"),))
            self.assertEqual(outcome(self.api.kv.Range, pb.RangeRequest(key=b"k", serializable=True))[0], "OK")
            self.assert_timed_out("etcdserver: request timed out, possibly due to previous leader failure", early)
            self.assert_timed_out("etcdserver: request timed out, possibly due to connection lost", late[:2])
            self.assertEqual(late[2].result(), (UNAVAILABLE, "etcdserver: no leader"))
            stopping = pool.submit(outcome, self.api.kv.Put, pb.PutRequest(key=b"stopping", value=b"x"))
            time.sleep(0.3)
            left.terminate()
            self.assert_timed_out("etcdserver: server stopped", [stopping])

    def keep_alive(self, lease: int, **options):
        return next(self.api.lease.LeaseKeepAlive(iter([pb.LeaseKeepAliveRequest(ID=lease)]), **options))

    def assert_timed_out(self, text: str, futures: list) -> None:
        for future in futures:
            self.assertEqual(future.result(), (PROVOKED[text], text))
        SEEN.add(text)


PRECONDITION, UNAVAILABLE = "FAILED_PRECONDITION", "UNAVAILABLE"

if __name__ == "__main__":
    program = unittest.main(verbosity=1, exit=False)
    missed = [] if len(sys.argv) > 1 else sorted(set(PROVOKED) - SEEN)
    if missed:
        print("no test has provoked:", *missed, sep="\n  ")
    sys.exit(0 if program.result.wasSuccessful() and not missed else 1)
