"""Random requests of the etcd API, with what clients seldom say and what must be refused; few keys, so that they meet."""

from etcd3.etcdrpc import rpc_pb2 as pb

KEYS = [b"a", b"a\0", b"aa", b"ab", b"b", b"b\xff", b"c", b"\0", b"\0\0", b"\xff", b"\xff\xff", "clé/π".encode()]
LEASES = [7, 8, 1 << 62, -5]
LARGE_TTL = 9_000_000_000


def prefix_end(key: bytes) -> bytes:
    """The end of all keys that begin so, as clients make it."""
    while key and key[-1] == 0xFF:
        key = key[:-1]
    return key[:-1] + bytes([key[-1] + 1]) if key else b"\0"


class Requests:
    """Makes them by chance; `now`, `compacted` and `base` are revisions that whoever asks keeps up to date."""

    def __init__(self, random, value_bytes: int = 40):
        self.random, self.value_bytes = random, value_bytes
        self.base = self.now = self.compacted = 1

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def key(self) -> bytes:
        return b"" if self.chance(0.01) else self.random.choice(KEYS)

    def span(self) -> dict:
        """A key, or a range of any kind."""
        key, kind = self.key(), self.random.random()
        if kind < 0.4:
            return {"key": key}
        if kind < 0.5:
            return {"key": b"\0", "range_end": b"\0"}
        if kind < 0.6:
            return {"key": key, "range_end": b"\0"}
        if kind < 0.75:
            return {"key": key, "range_end": prefix_end(key)}
        return {"key": key, "range_end": self.random.choice(KEYS)}

    def revision(self) -> int:
        kind = self.random.random()
        if kind < 0.6:
            return 0
        if kind < 0.65:
            return self.random.choice([-1, -(1 << 62), 1 << 62, self.compacted - 1, self.compacted, self.now + 1])
        return self.random.randint(max(self.compacted, 1), self.now)

    def bound(self) -> int:
        return self.random.randint(self.base - 1, self.now + 1) if self.chance(0.15) else 0

    def value(self) -> bytes:
        kind = self.random.random()
        if kind < 0.1:
            return b""
        if kind < 0.5:
            return self.random.choice([b"1", b"2", b"3"])
        return self.random.randbytes(self.random.randint(1, self.value_bytes))

    def lease(self) -> int:
        if self.chance(0.7):
            return 0
        return self.random.choice([*LEASES, 9])

    def range(self, within_txn: bool = False) -> pb.RangeRequest:
        request = pb.RangeRequest(**self.span(), revision=self.revision() if not within_txn or self.chance(0.3) else 0)
        if self.chance(0.3):
            request.limit = self.random.choice([1, 2, 3, 5, 100, -3])
        if self.chance(0.4):
            request.sort_order = self.random.randint(0, 2)
            request.sort_target = self.random.randint(0, 4)
        request.keys_only, request.count_only = self.chance(0.1), self.chance(0.1)
        request.serializable = self.chance(0.2)
        request.min_mod_revision, request.max_mod_revision = self.bound(), self.bound()
        request.min_create_revision, request.max_create_revision = self.bound(), self.bound()
        return request

    def put(self) -> pb.PutRequest:
        request = pb.PutRequest(key=self.key(), value=self.value(), lease=self.lease(), prev_kv=self.chance(0.3))
        if self.chance(0.1):
            request.ignore_value = True
            if self.chance(0.8):
                request.value = b""
        if self.chance(0.1):
            request.ignore_lease = True
            if self.chance(0.8):
                request.lease = 0
        return request

    def delete(self) -> pb.DeleteRangeRequest:
        return pb.DeleteRangeRequest(**self.span(), prev_kv=self.chance(0.4))

    def compare(self) -> pb.Compare:
        request = pb.Compare(**self.span(), result=self.random.randint(0, 3), target=self.random.randint(0, 4))
        if request.range_end and self.chance(0.5):
            request.range_end = b""
        field = request.target if self.chance(0.9) else self.random.randint(0, 5)
        number = self.random.choice([0, 0, 1, 2, self.now, self.now - 1, self.base])
        if field == 0:
            request.version = number
        elif field == 1:
            request.create_revision = number
        elif field == 2:
            request.mod_revision = number
        elif field == 3:
            request.value = self.value()
        elif field == 4:
            request.lease = self.lease()
        return request

    def operation(self, depth: int) -> pb.RequestOp:
        kind = self.random.random()
        if kind < 0.4:
            return pb.RequestOp(request_put=self.put())
        if kind < 0.65:
            return pb.RequestOp(request_range=self.range(within_txn=True))
        if kind < 0.8:
            return pb.RequestOp(request_delete_range=self.delete())
        if kind < 0.81:
            return pb.RequestOp()
        return pb.RequestOp(request_txn=self.txn(depth + 1) if depth < 3 else pb.TxnRequest())

    def txn(self, depth: int = 0) -> pb.TxnRequest:
        def some(make, most):
            return [make() for _ in range(self.random.randint(0, most))]

        return pb.TxnRequest(
            compare=some(self.compare, 2),
            success=some(lambda: self.operation(depth), 3),
            failure=some(lambda: self.operation(depth), 3),
        )

    def compaction(self) -> pb.CompactionRequest:
        kind = self.random.random()
        if kind < 0.2:
            revision = self.random.choice([-1, 0, self.compacted, self.now + 1, 1 << 62])
        else:
            revision = self.random.randint(max(self.compacted, 1), self.now)
        # The hash of a state without keys is that of what lies on the disk: what is deleted later would be seen.
        return pb.CompactionRequest(revision=revision, physical=True)

    def grant(self) -> pb.LeaseGrantRequest:
        # Leases end when the test says so: none lives so briefly that a busy machine would see it end by itself.
        ttl = self.random.choice([300, 1000, 5_000_000, LARGE_TTL, LARGE_TTL + 1])
        return pb.LeaseGrantRequest(ID=self.random.choice(LEASES), TTL=ttl)

    def any_lease(self) -> int:
        return self.random.choice([*LEASES, 12345, 0])

    def hash(self) -> pb.HashKVRequest:
        revision = self.revision()
        # 3.4 has no hash of the very revision up to which is compacted; newer ones have.
        return pb.HashKVRequest(revision=0 if revision == self.compacted else revision)
