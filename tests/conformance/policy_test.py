#!/usr/bin/env python3
"""The policy matrix: every method of every service, asked by everybody. What is refused tells nothing and changes nothing."""

import os
import queue
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
import policy_table as policy  # noqa: E402
import wire  # noqa: E402
from api import Api, grpc, identity, rpc_pb2 as pb  # noqa: E402
from cluster import Cluster  # noqa: E402

KIND = os.environ.get("KVD_TEST_SERVER", "kvd")
PERMISSION_DENIED = ("PERMISSION_DENIED", "etcdserver: permission denied")
NO_TOKEN = ("INVALID_ARGUMENT", "etcdserver: user name is empty")
BAD_TOKEN = ("UNAUTHENTICATED", "etcdserver: invalid auth token")
REFUSALS = (PERMISSION_DENIED, NO_TOKEN, BAD_TOKEN)
ROLES = {"reading": "READ", "writing": "WRITE"}
USERS = {"norole": (), "reader": ("reading",), "writer": ("writing",), "readwriter": ("reading", "writing"), "deleted": ("reading", "writing")}
# As watches say it.
GO_NAMES = {"PERMISSION_DENIED": "PermissionDenied", "INVALID_ARGUMENT": "InvalidArgument", "UNAUTHENTICATED": "Unauthenticated"}
PROTOS = places.ROOT / "libkv" / "api" / "proto"


class AuthApi(Api):
    """With the services of users; calls as somebody, by token."""

    def __init__(self, endpoint: str):
        super().__init__(endpoint)
        self.token = ""
        self.has_status = KIND == "kvd"

    def log_in(self, user: str, password: str) -> str:
        self.token = self.authenticate(user, password)
        return self.token

    def authenticate(self, user: str, password: str) -> str:
        return pb.AuthenticateResponse.FromString(self.of_auth("Authenticate", pb.AuthenticateRequest(name=user, password=password))).token

    def of_auth(self, method: str, request=b"") -> bytes:
        return self.as_user(self.token, f"/etcdserverpb.Auth/{method}", request)

    def as_user(self, token: str, method: str, request=b"") -> bytes:
        data = request if isinstance(request, bytes) else request.SerializeToString()
        return self.raw(method, data, timeout=30 * places.time_scale(), metadata=metadata_of(token))

    def revision(self) -> tuple:
        """Of the store and of the users, asked by the one who is logged in."""
        answer = pb.RangeResponse.FromString(self.as_user(self.token, "/etcdserverpb.KV/Range", pb.RangeRequest(key=b"any")))
        # The installed messages do not know AuthStatus; etcd 3.4 does not either.
        users = dict(wire.decode(self.of_auth("AuthStatus"))).get(3) if self.has_status else None
        return answer.header.revision, users


def metadata_of(token: str) -> tuple:
    return (("token", token),) if token else ()


class Caller:
    """One call of any kind as somebody: ("OK", what came) or (code, text)."""

    def __init__(self, channel, token: str):
        self.channel, self.token = channel, token

    def __call__(self, row, user: str) -> tuple:
        try:
            return getattr(self, row.kind)(row.method, row.bytes_for(user))
        except grpc.RpcError as error:
            return error.code().name, error.details()

    def options(self) -> dict:
        return {"timeout": 30 * places.time_scale(), "metadata": metadata_of(self.token)}

    def unary(self, method: str, request: bytes) -> tuple:
        return "OK", self.channel.unary_unary(method, identity, identity)(request, **self.options())

    def answers(self, method: str, request: bytes) -> tuple:
        call = self.channel.unary_stream(method, identity, identity)(request, **self.options())
        first = next(call, b"")
        call.cancel()
        return "OK", first

    def keep_alive(self, method: str, request: bytes) -> tuple:
        call = self.channel.stream_stream(method, identity, identity)(iter([request]), **self.options())
        return "OK", next(call, b"")

    def watch(self, method: str, request: bytes) -> tuple:
        """What a refused one is told is the reason; its stream stays."""
        requests = queue.SimpleQueue()
        requests.put(request)
        call = self.channel.stream_stream(method, identity, pb.WatchResponse.FromString)(iter(requests.get, None), **self.options())
        answer = next(call)
        requests.put(None)
        call.cancel()
        if not answer.canceled:
            return "OK", answer
        reason = re.fullmatch(r"rpc error: code = (\w+) desc = (.*)", answer.cancel_reason)
        if reason is None or not answer.created or answer.events:
            return "UNKNOWN", answer.cancel_reason
        return next((name for name, go in GO_NAMES.items() if go == reason.group(1)), reason.group(1)), reason.group(2)


class WithUsers(unittest.TestCase):
    """root, the users of the matrix, and their tokens."""

    kind, size, flags = KIND, 1, ("--bcrypt-cost=4",)

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(cls.kind, cls.size, cls.flags)
        cls.cluster.start()
        cls.server = cls.cluster.servers[0] if cls.size == 1 else cls.cluster.follower()
        cls.root = AuthApi(cls.server.endpoint)
        make_users(cls.root)
        cls.tokens = {"nobody": "", "stranger": "ABCDEFGHIJKLMNOP.2"}
        cls.tokens |= {user: cls.root.authenticate(user, f"{user}pw") for user in USERS}
        cls.root.of_auth("UserDelete", pb.AuthUserDeleteRequest(name="deleted"))
        # The tokens are of before that.
        for user in set(USERS) - {"deleted"}:
            cls.tokens[user] = cls.root.authenticate(user, f"{user}pw")
        cls.tokens["root"] = cls.root.log_in("root", "rootpw")

    @classmethod
    def tearDownClass(cls):
        cls.root.channel.close()
        cls.cluster.__exit__(None, None, None)

    def as_root(self, method: str, request):
        return self.root.as_user(self.tokens["root"], method, request)

    def refused_with(self, row, user: str) -> tuple | None:
        """What `user` must be told; nothing when they may."""
        if row.needs is None:
            return None
        refusal = PERMISSION_DENIED
        if user == "nobody":
            refusal = NO_TOKEN
        elif user not in policy.MAY:
            refusal = BAD_TOKEN
        elif row.allowed(user):
            return None
        # etcd's recipes pass on what the store says without its code.
        return ("UNKNOWN", refusal[1]) if row.method.startswith(("/v3lockpb.", "/v3electionpb.")) else refusal


def make_users(root: AuthApi) -> None:
    def auth(method, **fields):
        root.of_auth(method, getattr(pb, f"Auth{method}Request")(**fields))

    for role, kind in ROLES.items():
        auth("RoleAdd", name=role)
        auth("RoleGrantPermission", name=role, perm={"permType": kind, "key": b"r/", "range_end": b"r0"})
    for user, roles in {**USERS, "root": ("root",)}.items():
        auth("UserAdd", name=user, password=f"{user}pw")
        if user == "root":
            auth("RoleAdd", name="root")
        for role in roles:
            auth("UserGrantRole", user=user, role=role)
    for key in (b"r/a", b"r/keep", b"o/a"):
        root.put(key, b"secret")
    root.of_auth("AuthEnable")
    root.log_in("root", "rootpw")


class Matrix(WithUsers):
    def prepare(self) -> None:
        """What a row before may have taken away."""
        for lease, key in ((policy.OWN_LEASE, b"r/held by lease"), (policy.OTHER_LEASE, b"o/held by lease")):
            try:
                self.as_root("/etcdserverpb.Lease/LeaseGrant", pb.LeaseGrantRequest(ID=lease, TTL=600))
            except grpc.RpcError as error:
                self.assertEqual(error.details(), "etcdserver: lease already exists")
            self.as_root("/etcdserverpb.KV/Put", pb.PutRequest(key=key, value=b"secret", lease=lease))
        for name in (b"r/held", b"o/held"):
            self.as_root("/etcdserverpb.KV/Put", pb.PutRequest(key=name + b"/1", value=b"secret"))

    def check(self, row) -> None:
        self.prepare()
        for user in self.tokens:
            if user in row.not_by:
                continue
            with self.subTest(row=row.title, user=user):
                before = self.root.revision()
                outcome = Caller(self.root.channel, self.tokens[user])(row, user)
                refusal = self.refused_with(row, user)
                if refusal is None:
                    self.assertNotIn(outcome[1], [text for _, text in REFUSALS])
                    self.prepare()
                else:
                    self.assertEqual(outcome, refusal)
                    self.assertEqual(self.root.revision(), before, "what was refused has changed something")

    def test_keys(self):
        self.check_all("/etcdserverpb.KV/")

    def test_watches(self):
        self.check_all("/etcdserverpb.Watch/")

    def test_leases(self):
        self.check_all("/etcdserverpb.Lease/")

    def test_members_and_maintenance(self):
        self.check_all("/etcdserverpb.Cluster/")
        self.check_all("/etcdserverpb.Maintenance/")

    def test_users_and_roles(self):
        self.check_all("/etcdserverpb.Auth/")

    def test_locks_and_elections(self):
        self.check_all("/v3lockpb.")
        self.check_all("/v3electionpb.")

    def test_others(self):
        self.check_all("/kvd.")
        self.check_all("/grpc.")

    def check_all(self, prefix: str) -> None:
        rows = [row for row in policy.all_rows() if row.method.startswith(prefix)]
        self.assertGreater(len(rows), 0)
        for row in rows:
            self.check(row)

    def test_no_method_is_forgotten(self):
        declared = set()
        for file in PROTOS.glob("*.proto"):
            text = file.read_text()
            package = re.search(r"^package ([\w.]+);", text, re.MULTILINE).group(1)
            for service, body in re.findall(r"^service (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
                declared |= {f"/{package}.{service}/{name}" for name in re.findall(r"rpc (\w+)\(", body)}
        covered = {row.method for row in policy.all_rows()} | {"/grpc.health.v1.Health/Watch"}
        self.assertEqual(declared - covered, set())


class MatrixOfAFollower(Matrix):
    size = 3


if __name__ == "__main__":
    unittest.main(verbosity=1)
