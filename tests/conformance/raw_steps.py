"""The API itself: requests field by field, with what no client library lets through."""

import grpc
from etcd3.etcdrpc import rpc_pb2 as pb
from google.protobuf import text_format

import wire
from api import Api

GET = pb.RangeRequest


def put(key, value=b"", **more):
    return pb.RequestOp(request_put=pb.PutRequest(key=key, value=value, **more))


def get(key, **more):
    return pb.RequestOp(request_range=pb.RangeRequest(key=key, **more))


def delete(key, **more):
    return pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=key, **more))


def txn(compare=(), success=(), failure=()):
    return pb.TxnRequest(compare=compare, success=success, failure=failure)


def nested(*arguments):
    return pb.RequestOp(request_txn=txn(*arguments))


def compare(target, result, key, range_end=b"", **operand):
    return pb.Compare(key=key, range_end=range_end, target=target, result=result, **operand)


class Raw:
    """Each call is a step: the answer as text, or the status code with its text."""

    def __init__(self, transcript, server):
        self.transcript = transcript
        self.api = Api(server.endpoint)

    def __call__(self, stub, request, metadata=()):
        method = stub._method.decode() if isinstance(stub._method, bytes) else stub._method
        return self._step(f"{method} {one_line(request)}", lambda: stub(request, timeout=60, metadata=metadata))

    def bytes(self, method: str, request: bytes, metadata=()):
        # The texts of a protobuf library's complaints are its own; the code is what clients act on.
        title = f"{method} {request[:60]!r}"
        try:
            seen = f"OK {wire_text(self.api.raw(method, request, timeout=60, metadata=metadata))}"
        except grpc.RpcError as error:
            seen = f"{error.code().name}"
        self.transcript.add(title, answer=seen)

    def _step(self, title, call):
        answer = None
        try:
            answer = call()
            seen = one_line(answer)
        except grpc.RpcError as error:
            seen = f"{error.code().name}: {error.details()}"
        self.transcript.add(title[:400], answer=seen)
        return answer


def wire_text(data: bytes) -> str:
    """The fields of a message without its header."""
    return str([pair for pair in wire.decode(data) if pair[0] != 1])


def one_line(message) -> str:
    return text_format.MessageToString(message, as_one_line=True)


def raw_steps(transcript, server) -> None:
    raw = Raw(transcript, server)
    range_fields(raw)
    put_fields(raw)
    delete_fields(raw)
    compares(raw)
    nesting(raw)
    limits_of_transactions(raw)
    revisions(raw)
    sizes(raw)
    malformed(raw)
    others(raw)


def range_fields(raw) -> None:
    kv = raw.api.kv
    for number in range(6):
        raw(kv.Put, pb.PutRequest(key=b"raw/%d" % number, value=b"%d" % (9 - number)))
    last = raw(kv.Put, pb.PutRequest(key=b"raw/3", value=b"again")).header.revision
    prefix = {"key": b"raw/", "range_end": b"raw0"}
    raw(kv.Range, GET())
    raw(kv.Range, GET(range_end=b"x"))
    raw(kv.Range, GET(**prefix))
    raw(kv.Range, GET(**prefix, limit=2))
    raw(kv.Range, GET(**prefix, limit=6))
    raw(kv.Range, GET(**prefix, limit=-7))
    raw(kv.Range, GET(**prefix, keys_only=True))
    raw(kv.Range, GET(**prefix, count_only=True))
    raw(kv.Range, GET(**prefix, count_only=True, limit=1))
    raw(kv.Range, GET(**prefix, count_only=True, keys_only=True, serializable=True))
    raw(kv.Range, GET(key=b"raw/4", range_end=b"\0", keys_only=True))
    raw(kv.Range, GET(key=b"\0", range_end=b"\0", count_only=True))
    raw(kv.Range, GET(key=b"raw/4", range_end=b"raw/4"))
    raw(kv.Range, GET(key=b"raw/4", range_end=b"raw/2"))
    for bound in ("min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"):
        for revision in (last - 3, last, last + 100, -1):
            raw(kv.Range, GET(**prefix, keys_only=True, **{bound: revision}))
            raw(kv.Range, GET(**prefix, keys_only=True, limit=2, **{bound: revision}))
    raw(kv.Range, GET(**prefix, min_mod_revision=last - 4, max_mod_revision=last - 1, count_only=True))
    for order in range(3):
        for target in range(5):
            raw(kv.Range, GET(**prefix, sort_order=order, sort_target=target))
            raw(kv.Range, GET(**prefix, sort_order=order, sort_target=target, limit=3))
    raw(kv.Range, GET(**prefix, sort_order=1, sort_target=4, limit=2, revision=last - 1))


def put_fields(raw) -> None:
    kv = raw.api.kv
    raw(kv.Put, pb.PutRequest())
    raw(kv.Put, pb.PutRequest(key=b"raw/p"))
    raw(kv.Put, pb.PutRequest(key=b"raw/p", value=b"1", prev_kv=True))
    raw(kv.Put, pb.PutRequest(key=b"raw/p", ignore_value=True, prev_kv=True))
    raw(kv.Put, pb.PutRequest(key=b"raw/p", value=b"x", ignore_value=True))
    raw(kv.Put, pb.PutRequest(key=b"raw/p", value=b"x", ignore_lease=True))
    raw(kv.Put, pb.PutRequest(key=b"raw/p", lease=5, ignore_lease=True))
    raw(kv.Put, pb.PutRequest(key=b"raw/p", lease=5, value=b"x"))
    raw(kv.Put, pb.PutRequest(key=b"raw/q", ignore_lease=True, value=b"x"))
    raw(kv.Put, pb.PutRequest(key=b"raw/q", ignore_value=True))
    raw(kv.Range, GET(key=b"raw/p"))


def delete_fields(raw) -> None:
    kv = raw.api.kv
    for number in range(4):
        raw(kv.Put, pb.PutRequest(key=b"raw/d%d" % number, value=b"x"))
    raw(kv.DeleteRange, pb.DeleteRangeRequest())
    raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"raw/d0", prev_kv=True))
    raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"raw/d0", prev_kv=True))
    raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"raw/d3", range_end=b"raw/d1"))
    raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"raw/d", range_end=b"raw/e", prev_kv=True))


def compares(raw) -> None:
    kv = raw.api.kv
    raw(kv.Put, pb.PutRequest(key=b"raw/c1", value=b"m"))
    raw(kv.Put, pb.PutRequest(key=b"raw/c2", value=b"m"))
    operands = (("VERSION", "version", 1), ("CREATE", "create_revision", 0), ("MOD", "mod_revision", 0),
                ("VALUE", "value", b"m"), ("LEASE", "lease", 0))
    for target, field, operand in operands:
        for result in ("EQUAL", "GREATER", "LESS", "NOT_EQUAL"):
            for key, end in ((b"raw/c1", b""), (b"raw/c1", b"raw/c3"), (b"raw/none", b""), (b"raw/none", b"raw/nonf")):
                one = compare(target, result, key, end, **{field: operand})
                raw(kv.Txn, txn([one], [get(b"raw/c1", keys_only=True)], []))
    # An operand that does not belong to the target counts as none.
    raw(kv.Txn, txn([compare("VERSION", "GREATER", b"raw/c1", value=b"zzz")]))
    raw(kv.Txn, txn([compare("VALUE", "GREATER", b"raw/c1", version=9)]))
    raw(kv.Txn, txn([compare("VERSION", "EQUAL", b"", version=0)]))
    raw(kv.Txn, txn([compare("VERSION", "EQUAL", b"raw/c", b"\0", version=1)]))


def nesting(raw) -> None:
    kv = raw.api.kv
    exists = compare("VERSION", "GREATER", b"raw/n", version=0)
    raw(kv.Txn, txn([], [put(b"raw/n", b"1"), nested([exists], [get(b"raw/n")], [put(b"raw/else", b"1")])], []))
    raw(kv.Txn, txn([], [put(b"raw/n", b"2"), nested([exists], [get(b"raw/n")], [put(b"raw/else", b"1")])], []))
    deep = nested([exists], [put(b"raw/deep", b"1")], [])
    for _ in range(5):
        deep = nested([exists], [deep, get(b"raw/n")], [delete(b"raw/n")])
    raw(kv.Txn, txn([exists], [deep], []))
    raw(kv.Txn, txn([], [nested([], [put(b"raw/x")], []), put(b"raw/x")], []))
    raw(kv.Txn, txn([], [nested([exists], [put(b"raw/x")], [put(b"raw/x")])], []))
    raw(kv.Txn, txn([], [nested([], [get(b"")], [])], []))
    raw(kv.Txn, txn([], [nested([], [get(b"raw/n")], [])], []))


def limits_of_transactions(raw) -> None:
    kv = raw.api.kv
    many = [get(b"raw/%d" % number, count_only=True) for number in range(129)]
    raw(kv.Txn, txn([], many[:128], []))
    raw(kv.Txn, txn([], many, []))
    raw(kv.Txn, txn([], [], many))
    raw(kv.Txn, txn([compare("VERSION", "EQUAL", b"raw/1", version=1)] * 129))
    raw(kv.Txn, txn([], [pb.RequestOp()], []))
    raw(kv.Txn, txn([], [put(b"")], []))
    raw(kv.Txn, txn([], [get(b"")], []))
    raw(kv.Txn, txn([], [delete(b"")], []))
    raw(kv.Txn, txn([], [put(b"raw/z", b"1", ignore_value=True)], []))
    raw(kv.Txn, txn([], [put(b"raw/z"), delete(b"raw/a", range_end=b"raw/zz")], []))
    raw(kv.Txn, txn([], [delete(b"raw/z"), delete(b"raw/z")], []))
    raw(kv.Txn, txn([], [put(b"raw/z", b"1"), get(b"raw/z"), get(b"raw/", range_end=b"raw0", count_only=True)], []))


def revisions(raw) -> None:
    kv = raw.api.kv
    now = raw(kv.Put, pb.PutRequest(key=b"raw/r", value=b"1")).header.revision
    for number in range(2, 6):
        raw(kv.Put, pb.PutRequest(key=b"raw/r", value=b"%d" % number))
    raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"raw/r"))
    for revision in (-1, now - 1, now, now + 2, now + 5, now + 6, 1 << 62):
        raw(kv.Range, GET(key=b"raw/r", revision=revision))
        raw(kv.Txn, txn([], [get(b"raw/r", revision=revision)], []))
        raw(kv.Txn, txn([], [put(b"raw/r2", b"x"), get(b"raw/r", revision=revision)], []))
        # Two faults: that of the put is told, wherever it stands.
        raw(kv.Txn, txn([], [get(b"raw/r", revision=revision), put(b"raw/none", ignore_value=True)], []))
    for revision in (-5, now + 1, now + 1, now, 1 << 62):
        raw(kv.Compact, pb.CompactionRequest(revision=revision, physical=True))
    for revision in (now, now + 1, now + 2, now + 5, 0):
        raw(kv.Range, GET(key=b"raw/r", revision=revision))
        raw(kv.Range, GET(key=b"raw/", range_end=b"raw0", revision=revision, count_only=True))
        raw(kv.Txn, txn([], [put(b"raw/r2", b"x"), get(b"raw/r", revision=revision)], []))
    for revision in (-1, -(1 << 62), now + 6, 0):
        raw(raw.api.maintenance.HashKV, pb.HashKVRequest(revision=revision))


def sizes(raw) -> None:
    kv, limit = raw.api.kv, 1572864
    for size in (limit // 2, limit - 200, limit - 10, limit, 1_900_000):
        big = pb.PutRequest(key=b"raw/big", value=b"x" * size)
        raw._step(f"Put of {size} bytes", lambda big=big: kv.Put(big, timeout=60))
    raw._step("Put of 2097152 bytes", lambda: kv.Put(pb.PutRequest(key=b"raw/big", value=b"x" * 2097152), timeout=60))
    raw(kv.Range, GET(key=b"raw/big", keys_only=True))
    raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"raw/big"))


def malformed(raw) -> None:
    for request in (b"\xff", b"\x0a\x05ab", b"\x0a\xff\xff\xff\xff\x7f", b"\x80" * 12, wire.number(99, 7),
                    b"\x0b\x0c", b"\x0a\x01k\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"):
        raw.bytes("/etcdserverpb.KV/Put", request)
    raw.bytes("/etcdserverpb.KV/Range", wire.block(1, b"raw/1") + wire.block(77, b"from the future"))
    raw.bytes("/etcdserverpb.KV/NoSuchMethod", b"")
    raw.bytes("/etcdserverpb.NoSuchService/Range", b"")
    raw.bytes("/nonsense", b"")


def others(raw) -> None:
    # Members stand in the order of their ids, which is another one in every cluster.
    members = raw.api.cluster.MemberList(pb.MemberListRequest(), timeout=60).members
    ids = [member.ID for member in members]
    raw.transcript.add("MemberList", unordered=True, sorted=ids == sorted(ids), answer="\n".join(map(one_line, members)))
    raw(raw.api.maintenance.Alarm, pb.AlarmRequest(action=0))
    raw(raw.api.kv.Range, GET(key=b"raw/1"), metadata=(("hasleader", "true"), ("client-api-version", "3.6")))
    raw.bytes("/grpc.health.v1.Health/Check", b"")
    raw.bytes("/grpc.health.v1.Health/Check", wire.block(1, b"unknown"))
