#!/usr/bin/env python3
"""Permissions and requests by chance: kvd lets through what the union of a user's ranges covers, and so does etcd.

Usage: policy_random_test.py [--seed N] [--users N] [--requests N]
"""

import argparse
import itertools
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import grpc, rpc_pb2 as pb  # noqa: E402
from cluster import Cluster  # noqa: E402
from raw_steps import delete, get, nested, put, txn  # noqa: E402
from user_api import UserApi  # noqa: E402

# Few keys, so that ranges touch, overlap and leave gaps.
KEYS = sorted(bytes(letters) for size in (1, 2) for letters in itertools.product(b"abc", repeat=size))
END_OF_ALL = b"\0"
READ, WRITE = "read", "write"
TYPES = {"READ": (READ,), "WRITE": (WRITE,), "READWRITE": (READ, WRITE)}
DENIED = ("PERMISSION_DENIED", "etcdserver: permission denied")


def interval(key: bytes, end: bytes) -> tuple:
    """[first, behind the last); None: no end."""
    if end == END_OF_ALL:
        return key, None
    return key, end or key + b"\0"


def covered(wanted: tuple, given: list) -> bool:
    """Whether the union of `given` has all of `wanted`."""
    at, end = wanted
    for first, last in sorted(given, key=lambda one: one[0]):
        if first > at:
            return False
        if last is None:
            return True
        at = max(at, last)
        if end is not None and at >= end:
            return True
    return False


class Chance:
    """Ranges, permissions and requests; each request with what it needs: (read or write, interval)."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def span(self) -> tuple:
        """(key, range_end), never from end to beginning."""
        key = self.random.choice(KEYS)
        shape = self.random.random()
        if shape < 0.4:
            return key, b""
        later = [other for other in KEYS if other > key]
        return (key, self.random.choice(later)) if later and shape < 0.9 else (key, END_OF_ALL)

    def permissions(self) -> dict:
        """By span, as the last one granted for a span counts."""
        return {self.span(): self.random.choice(list(TYPES)) for _ in range(self.random.randint(0, 6))}

    def read(self, make) -> tuple:
        key, end = self.span()
        return make(key=key, range_end=end), [(READ, interval(key, end))]

    def write(self, make) -> tuple:
        key, before = self.random.choice(KEYS), self.random.random() < 0.3
        needs = [(kind, interval(key, b"")) for kind in ((WRITE, READ) if before else (WRITE,))]
        return make(key=key, value=b"x", prev_kv=before), needs

    def deletion(self, make) -> tuple:
        (key, end), before = self.span(), self.random.random() < 0.3
        needs = [(kind, interval(key, end)) for kind in ((WRITE, READ) if before else (WRITE,))]
        return make(key=key, range_end=end, prev_kv=before), needs

    def request(self, deep: bool) -> tuple:
        """(method, request, needs)."""
        method = self.random.choice(("Range", "Put", "DeleteRange", "Txn", "Txn"))
        if method == "Range":
            return method, *self.read(pb.RangeRequest)
        if method == "Put":
            return method, *self.write(pb.PutRequest)
        if method == "DeleteRange":
            return method, *self.deletion(pb.DeleteRangeRequest)
        return method, *self.transaction(2 if deep else 0)

    def transaction(self, depth: int) -> tuple:
        """No key is written twice in it, which would be refused before anybody asks who may."""
        needs, branches, compares = [], [], []
        for _ in range(self.random.randint(0, 1)):
            key, end = self.span()
            compares.append(pb.Compare(key=key, range_end=end, version=self.random.randint(0, 1), target="VERSION"))
            needs.append((READ, interval(key, end)))
        for _ in range(2):
            ops, wrote = [], False
            for _ in range(self.random.randint(0, 2)):
                kinds = [self.read] + ([] if wrote else [self.write, self.deletion] + ([self.nest] if depth else []))
                kind = self.random.choice(kinds)
                op, more = kind(depth) if kind == self.nest else kind({self.read: get, self.write: flat_put, self.deletion: delete}[kind])
                wrote = wrote or kind != self.read
                ops.append(op)
                needs += more
            branches.append(ops)
        return txn(compares, *branches), needs

    def nest(self, depth: int) -> tuple:
        inner, needs = self.transaction(depth - 1)
        return nested(inner.compare, inner.success, inner.failure), needs


def flat_put(key: bytes, value: bytes, prev_kv: bool):
    return put(key, value, prev_kv=prev_kv)


def is_told_otherwise_by_etcd(request) -> bool:
    """3.4 asks nobody for what nested transactions need, nor for what was before a put in a transaction."""
    if not isinstance(request, pb.TxnRequest):
        return False
    ops = [*request.success, *request.failure]
    return not (ops or request.compare) or any(op.request_put.prev_kv or op.HasField("request_txn") for op in ops)


class Asked:
    """One cluster with its users."""

    def __init__(self, cluster: Cluster):
        self.kind, self.endpoint = cluster.servers[0].kind, cluster.servers[0].endpoint
        self.root = UserApi(self.endpoint, "root", "rootpw")

    def make(self, roles: list) -> None:
        auth = self.root.auth
        for number, permissions in enumerate(roles):
            auth.RoleAdd(pb.AuthRoleAddRequest(name=f"r{number}"), timeout=30)
            auth.UserAdd(pb.AuthUserAddRequest(name=f"u{number}", password="pw"), timeout=30)
            # By two roles, so that what is covered is put together.
            auth.UserGrantRole(pb.AuthUserGrantRoleRequest(user=f"u{number}", role=f"r{number}"), timeout=30)
            for (key, end), kind in permissions.items():
                auth.RoleGrantPermission(pb.AuthRoleGrantPermissionRequest(
                    name=f"r{number}", perm={"permType": kind, "key": key, "range_end": end}), timeout=30)
        for number in range(1, len(roles), 2):
            auth.UserGrantRole(pb.AuthUserGrantRoleRequest(user=f"u{number}", role=f"r{number - 1}"), timeout=30)
        auth.UserAdd(pb.AuthUserAddRequest(name="root", password="rootpw"), timeout=30)
        auth.RoleAdd(pb.AuthRoleAddRequest(name="root"), timeout=30)
        auth.UserGrantRole(pb.AuthUserGrantRoleRequest(user="root", role="root"), timeout=30)
        auth.AuthEnable(pb.AuthEnableRequest(), timeout=30)
        self.users = [UserApi(self.endpoint, f"u{number}", "pw") for number in range(len(roles))]

    def ask(self, number: int, method: str, request) -> tuple:
        """("OK", what came, but for the header) or (code, text)."""
        try:
            answer = getattr(self.users[number].kv, method)(request, timeout=30 * places.time_scale())
            answer.ClearField("header")
            return "OK", answer
        except grpc.RpcError as error:
            return error.code().name, error.details()

    def revision(self) -> int:
        return self.root.range(b"a", timeout=30 * places.time_scale()).header.revision


def run(seed: int, users: int, requests: int) -> list:
    chance, faults, counts = Chance(seed), [], {"allowed": 0, "denied": 0}
    roles = [chance.permissions() for _ in range(users)]
    given = [[*roles[n].items(), *(roles[n - 1].items() if n % 2 else ())] for n in range(users)]
    with Cluster("kvd", 1, ("--bcrypt-cost=4",)) as first, Cluster("etcd", 1, ("--bcrypt-cost=4",)) as second:
        kvd, etcd = Asked(first), Asked(second)
        for asked in (kvd, etcd):
            asked.make(roles)
        for number in range(users):
            for turn in range(requests):
                method, request, needs = chance.request(deep=turn % 3 == 2)
                ranges = {kind: [interval(*span) for span, granted in given[number] if kind in TYPES[granted]] for kind in (READ, WRITE)}
                may = all(covered(wanted, ranges[kind]) for kind, wanted in needs)
                counts["allowed" if may else "denied"] += 1
                before = kvd.revision()
                seen = kvd.ask(number, method, request)
                where = f"seed {seed}: u{number} with {given[number]} asks {method} {request}"
                if (seen == DENIED) == may or (not may and kvd.revision() != before):
                    faults.append(f"{where}: {'may' if may else 'may not'}, and is told {seen}")
                if is_told_otherwise_by_etcd(request):
                    if may:  # both keep the same keys
                        getattr(etcd.root.kv, method)(request, timeout=30)
                elif (other := etcd.ask(number, method, request)) != seen:
                    faults.append(f"{where}: kvd says {seen}, etcd says {other}")
                if len(faults) > 5:
                    return faults
        for asked in (kvd, etcd):
            for api in (asked.root, *asked.users):
                api.close()
    print(f"seed {seed}: {counts}", flush=True)
    if min(counts.values()) * 10 < sum(counts.values()):
        faults.append(f"seed {seed}: hardly anything of one kind: {counts}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    faults = run(options.seed, options.users, options.requests)
    for fault in faults:
        print(fault, flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
