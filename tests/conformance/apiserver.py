"""What a Kubernetes API server asks of its store, in the very shapes that it asks it (contract section 8.1)."""

import random
import threading
import time

import places
import wire
from api import Api, grpc, identity, rpc_pb2

PREFIX = b"/registry/pods/"
PREFIX_END = b"/registry/pods0"
COMPACT_KEY = b"compact_rev_key"
PAGE = 500
# What a write may answer while a leader is killed: it may have been applied or not.
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNKNOWN,
           grpc.StatusCode.CANCELLED)


class Conflict(Exception):
    """The object is not what the caller took it for; carries what it is."""

    def __init__(self, current):
        super().__init__("conflict")
        self.current = current


class Compacted(Exception):
    """410 Gone: the client lists again."""


def mod_is(key: bytes, revision: int) -> rpc_pb2.Compare:
    return rpc_pb2.Compare(key=key, target=rpc_pb2.Compare.MOD, result=rpc_pb2.Compare.EQUAL, mod_revision=revision)


def put(key: bytes, value: bytes, lease: int = 0) -> rpc_pb2.RequestOp:
    return rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=key, value=value, lease=lease))


def get(key: bytes) -> rpc_pb2.RequestOp:
    return rpc_pb2.RequestOp(request_range=rpc_pb2.RangeRequest(key=key))


def delete(key: bytes) -> rpc_pb2.RequestOp:
    return rpc_pb2.RequestOp(request_delete_range=rpc_pb2.DeleteRangeRequest(key=key))


class Store:
    """Endpoints in turn, as the client does it; reads are tried again, writes tell when they may have happened."""

    def __init__(self, cluster, seed: int = 0):
        self.cluster = cluster
        self.apis = [Api(server.endpoint) for server in cluster.servers]
        self.random = random.Random(seed)
        self.turn = seed

    def close(self) -> None:
        for api in self.apis:
            api.channel.close()

    def api(self) -> Api:
        self.turn += 1
        return self.apis[self.turn % len(self.apis)]

    def read(self, request, seconds: float = 60.0):
        """A range; whatever passes is tried again elsewhere."""
        deadline = time.monotonic() + seconds * places.time_scale()
        while True:
            try:
                return self.api().kv.Range(request, timeout=5 * places.time_scale())
            except grpc.RpcError as error:
                if "has been compacted" in (error.details() or ""):
                    raise Compacted from error
                if error.code() not in PASSING or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def txn(self, compare, success, failure=()):
        request = rpc_pb2.TxnRequest(compare=[compare], success=success, failure=failure)
        return self.api().kv.Txn(request, timeout=8 * places.time_scale())

    def get(self, key: bytes):
        answer = self.read(rpc_pb2.RangeRequest(key=key, limit=1))
        return answer.kvs[0] if answer.kvs else None

    def create(self, key: bytes, value: bytes, lease: int = 0) -> int:
        answer = self.txn(mod_is(key, 0), [put(key, value, lease)])
        if not answer.succeeded:
            raise Conflict(None)
        return answer.header.revision

    def update(self, key: bytes, value: bytes, revision: int) -> int:
        answer = self.txn(mod_is(key, revision), [put(key, value)], [get(key)])
        if not answer.succeeded:
            found = answer.responses[0].response_range.kvs
            raise Conflict(found[0] if found else None)
        return answer.header.revision

    def delete(self, key: bytes, revision: int) -> int:
        answer = self.txn(mod_is(key, revision), [delete(key)], [get(key)])
        if not answer.succeeded:
            found = answer.responses[0].response_range.kvs
            raise Conflict(found[0] if found else None)
        return answer.header.revision

    def list(self, limit: int = PAGE) -> tuple:
        """(revision, {key: kv}): pages pinned to the revision of the first one."""
        key, revision, found = PREFIX, 0, {}
        while True:
            answer = self.read(rpc_pb2.RangeRequest(key=key, range_end=PREFIX_END, limit=limit, revision=revision))
            assert answer.header.revision >= revision
            revision = revision or answer.header.revision
            for kv in answer.kvs:
                found[kv.key] = kv
            # `count` is what is left from the key on, `more` whether this is not all of it.
            assert answer.more == (len(answer.kvs) < answer.count), (answer.more, len(answer.kvs), answer.count)
            if not answer.more:
                return revision, found
            key, limit = answer.kvs[-1].key + b"\0", min(2 * limit, 10000)

    def list_streamed(self) -> tuple:
        """The same in one call, as newer API servers do it; the installed stubs do not know it."""
        api = self.api()
        call = api.channel.unary_stream("/etcdserverpb.KV/RangeStream", rpc_pb2.RangeRequest.SerializeToString, identity)
        chunks = [rpc_pb2.RangeResponse.FromString(wire.decode(chunk)[0][1])
                  for chunk in call(rpc_pb2.RangeRequest(key=PREFIX, range_end=PREFIX_END),
                                    timeout=60 * places.time_scale())]
        assert not any(chunk.HasField("header") or chunk.count for chunk in chunks[:-1])
        found = {kv.key: kv for chunk in chunks for kv in chunk.kvs}
        assert len(found) == chunks[-1].count, (len(found), chunks[-1].count)
        return chunks[-1].header.revision, found

    def count(self) -> int:
        return self.read(rpc_pb2.RangeRequest(key=PREFIX, range_end=PREFIX_END, count_only=True)).count

    def now(self) -> int:
        """A barrier: the revision that a read which begins now must reach."""
        return self.read(rpc_pb2.RangeRequest(key=PREFIX, limit=1)).header.revision

    def compact_once(self, version: int, revision: int) -> tuple:
        """The compactor's step: (its version, the revision to compact to next time)."""
        compare = rpc_pb2.Compare(
            key=COMPACT_KEY, target=rpc_pb2.Compare.VERSION, result=rpc_pb2.Compare.EQUAL, version=version
        )
        answer = self.txn(compare, [put(COMPACT_KEY, str(revision).encode())], [get(COMPACT_KEY)])
        now = answer.header.revision
        if not answer.succeeded:
            kv = answer.responses[0].response_range.kvs[0]
            return kv.version, now
        if revision:
            self.api().kv.Compact(rpc_pb2.CompactionRequest(revision=revision), timeout=8 * places.time_scale())
        return version + 1, now


class Controller(threading.Thread):
    """Creates its pods, changes them and deletes some; knows at the end what must be there."""

    def __init__(self, cluster, number: int, pods: int, rounds: int):
        super().__init__(name=f"controller-{number}")
        self.store = Store(cluster, seed=number)
        self.names = [PREFIX + b"ns-%d/pod-%04d" % (number, i) for i in range(pods)]
        self.rounds = rounds
        self.expected = {}  # key: value
        self.revisions = []  # of every write that was acknowledged
        self.failure = None

    def run(self) -> None:
        try:
            for name in self.names:
                self.settle(name, b'{"phase":"Pending"}')
            for turn in range(self.rounds):
                for name in self.store.random.sample(self.names, len(self.names) // 2):
                    gone = self.store.random.random() < 0.2
                    self.settle(name, None if gone else b'{"phase":"Running","turn":%d}' % turn)
        except BaseException as error:  # handed to the main thread
            self.failure = error
        finally:
            self.store.close()

    def settle(self, name: bytes, value: bytes | None) -> None:
        """GuaranteedUpdate: until the object is so, whatever happens to single requests."""
        deadline = time.monotonic() + 60 * places.time_scale()
        while time.monotonic() < deadline:
            current = self.store.get(name)
            if (current.value if current else None) == value:
                break
            try:
                self.revisions.append(self.write(name, value, current))
                break
            except Conflict:
                continue
            except grpc.RpcError as error:
                if error.code() not in PASSING:
                    raise
                time.sleep(0.02)
        else:
            raise AssertionError(f"{name} cannot be written")
        if value is None:
            self.expected.pop(name, None)
        else:
            self.expected[name] = value

    def write(self, name: bytes, value: bytes | None, current) -> int:
        if current is None:
            return self.store.create(name, value)
        if value is None:
            return self.store.delete(name, current.mod_revision)
        return self.store.update(name, value, current.mod_revision)


class Compactor(threading.Thread):
    """Two of them compete, as two API servers do; history of a moment stays."""

    def __init__(self, cluster, number: int, seconds: float):
        super().__init__(name=f"compactor-{number}")
        self.store = Store(cluster, seed=100 + number)
        self.seconds = seconds
        self.done = threading.Event()
        self.compactions = 0

    def run(self) -> None:
        version, revision = 0, 0
        while not self.done.wait(self.seconds):
            before = version
            try:
                version, revision = self.store.compact_once(version, revision)
                self.compactions += version == before + 1
            except grpc.RpcError:
                continue  # the next round knows more
        self.store.close()
