"""Who may do what while authentication is on: every method of the API, and the shapes of request that decide (contract 9.3)."""

from dataclasses import dataclass

import wire
from api import rpc_pb2 as pb
from raw_steps import delete, get, nested, put, txn

# What a request needs: to read or write below r/, or something that only root has.
R, W, ROOT = "read", "write", "root"
ALL = (R, W, ROOT)
# Anybody who is known; anybody at all.
USER, OPEN = (), None

# The users of the matrix, and what each may do below r/ (policy_test.py makes them so).
MAY = {"norole": (), "reader": (R,), "writer": (W,), "readwriter": (R, W), "root": ALL}
NOBODY = 4242
OWN_LEASE, OTHER_LEASE = 101, 102  # with keys below r/, and with a key elsewhere
PREFIX = {"key": b"r/", "range_end": b"r0"}
END_OF_ALL = b"\0"


@dataclass(frozen=True)
class Row:
    """`request` may depend on who asks; `kind`: unary, answers (many to one request), keep_alive, watch."""

    title: str
    method: str
    request: object
    needs: tuple | None
    kind: str = "unary"
    not_by: tuple = ()  # those for whom it would change what the other rows need

    def bytes_for(self, user: str) -> bytes:
        request = self.request(user) if callable(self.request) else self.request
        return request if isinstance(request, bytes) else request.SerializeToString()

    def allowed(self, user: str) -> bool:
        return self.needs is None or set(self.needs) <= set(MAY[user])


KV, LEASE, CLUSTER = "/etcdserverpb.KV/", "/etcdserverpb.Lease/", "/etcdserverpb.Cluster/"
MAINTENANCE, AUTH, WATCH = "/etcdserverpb.Maintenance/", "/etcdserverpb.Auth/", "/etcdserverpb.Watch/Watch"
LOCK, ELECTION = "/v3lockpb.Lock/", "/v3electionpb.Election/"

# (title, request, needs)
RANGES = (
    ("one key", pb.RangeRequest(key=b"r/a"), (R,)),
    ("a prefix", pb.RangeRequest(**PREFIX), (R,)),
    ("a part of the prefix", pb.RangeRequest(key=b"r/b", range_end=b"r/c"), (R,)),
    ("serializable", pb.RangeRequest(serializable=True, **PREFIX), (R,)),
    ("keys only", pb.RangeRequest(keys_only=True, **PREFIX), (R,)),
    ("count only", pb.RangeRequest(count_only=True, **PREFIX), (R,)),
    ("limited", pb.RangeRequest(limit=1, **PREFIX), (R,)),
    ("of the past", pb.RangeRequest(revision=2, **PREFIX), (R,)),
    ("a key that nobody was given", pb.RangeRequest(key=b"o/a"), (ROOT,)),
    ("the same, serializable", pb.RangeRequest(key=b"o/a", serializable=True), (ROOT,)),
    ("the prefix itself without its slash", pb.RangeRequest(key=b"r"), (ROOT,)),
    ("one key more than the prefix", pb.RangeRequest(key=b"r/", range_end=b"r0\0"), (ROOT,)),
    ("from before the prefix", pb.RangeRequest(key=b"r", range_end=b"r0"), (ROOT,)),
    ("to the end of all", pb.RangeRequest(key=b"r/a", range_end=END_OF_ALL), (ROOT,)),
    ("all", pb.RangeRequest(key=b"\0", range_end=END_OF_ALL), (ROOT,)),
    ("how many there are", pb.RangeRequest(key=b"\0", range_end=END_OF_ALL, count_only=True), (ROOT,)),
)

WRITES = (
    ("Put", "one key", pb.PutRequest(key=b"r/a", value=b"x"), (W,)),
    ("Put", "with what was before", pb.PutRequest(key=b"r/a", value=b"x", prev_kv=True), (R, W)),
    ("Put", "the value that is there", pb.PutRequest(key=b"r/keep", ignore_value=True), (W,)),
    ("Put", "elsewhere", pb.PutRequest(key=b"o/a", value=b"x"), (ROOT,)),
    ("Put", "onto a lease of own keys", pb.PutRequest(key=b"r/leased", lease=OWN_LEASE), (W,)),
    ("Put", "onto a lease of other keys", pb.PutRequest(key=b"r/leased", lease=OTHER_LEASE), (ROOT,)),
    ("DeleteRange", "one key", pb.DeleteRangeRequest(key=b"r/d"), (W,)),
    ("DeleteRange", "with what was before", pb.DeleteRangeRequest(key=b"r/d", prev_kv=True), (R, W)),
    ("DeleteRange", "a part of the prefix", pb.DeleteRangeRequest(key=b"r/d", range_end=b"r/e"), (W,)),
    ("DeleteRange", "elsewhere", pb.DeleteRangeRequest(key=b"o/none"), (ROOT,)),
    ("DeleteRange", "beyond the prefix", pb.DeleteRangeRequest(key=b"r/zz", range_end=b"r0\0"), (ROOT,)),
    ("DeleteRange", "to the end of all", pb.DeleteRangeRequest(key=b"zz", range_end=END_OF_ALL), (ROOT,)),
)

HERE, ELSEWHERE = pb.Compare(key=b"r/a"), pb.Compare(key=b"o/a")
TXNS = (
    ("nothing", txn(), USER),
    ("a compare", txn([HERE]), (R,)),
    ("a compare of a range", txn([pb.Compare(**PREFIX)]), (R,)),
    ("a compare elsewhere", txn([ELSEWHERE], [], []), (ROOT,)),
    ("a compare to the end of all", txn([pb.Compare(key=b"r/a", range_end=END_OF_ALL)]), (ROOT,)),
    ("a put", txn([], [put(b"r/a", b"x")]), (W,)),
    ("a put in the branch that is not taken", txn([], [], [put(b"r/a", b"x")]), (W,)),
    ("a put elsewhere in it", txn([], [put(b"r/a", b"x")], [put(b"o/a", b"x")]), (ROOT,)),
    ("a put behind a compare", txn([HERE], [put(b"r/a", b"x")]), (R, W)),
    ("a put with what was before", txn([], [put(b"r/a", b"x", prev_kv=True)]), (R, W)),
    ("a put onto a lease of other keys", txn([], [put(b"r/leased", lease=OTHER_LEASE)]), (ROOT,)),
    ("a get", txn([], [get(b"r/a")]), (R,)),
    ("a get of a range", txn([], [get(**PREFIX)]), (R,)),
    ("a get elsewhere", txn([], [get(b"o/a")]), (ROOT,)),
    ("a get elsewhere in the branch that is not taken", txn([], [], [get(b"o/a")]), (ROOT,)),
    ("a put and a get elsewhere", txn([], [put(b"r/a", b"x"), get(b"o/a")]), (ROOT,)),
    ("a deletion", txn([], [delete(b"r/d")]), (W,)),
    ("a deletion with what was before", txn([], [delete(b"r/d", prev_kv=True)]), (R, W)),
    ("a deletion elsewhere", txn([], [delete(b"o/none")]), (ROOT,)),
    ("a nested get", txn([], [nested([], [get(b"r/a")])]), (R,)),
    ("a nested put", txn([], [nested([], [put(b"r/a", b"x")])]), (W,)),
    ("a nested compare", txn([], [nested([HERE], [put(b"r/a", b"x")])]), (R, W)),
    ("a nested get elsewhere", txn([], [nested([], [get(b"o/a")])]), (ROOT,)),
    ("a nested put elsewhere", txn([], [nested([], [put(b"o/a", b"x")])]), (ROOT,)),
    ("a nested compare elsewhere", txn([], [nested([ELSEWHERE], [])]), (ROOT,)),
    ("a nested put elsewhere in the branch that is not taken", txn([], [nested([], [], [put(b"o/a")])]), (ROOT,)),
    ("all of it in the branch that is not taken", txn([], [], [nested([], [], [get(b"o/a")])]), (ROOT,)),
    ("nested twice", txn([], [nested([], [nested([], [put(b"o/a")])])]), (ROOT,)),
    ("a nested deletion elsewhere", txn([], [nested([], [delete(b"o/none")])]), (ROOT,)),
    ("a nested put with what was before", txn([], [nested([], [put(b"r/a", b"x", prev_kv=True)])]), (R, W)),
    ("a nested deletion with what was before", txn([], [nested([], [delete(b"r/d", prev_kv=True)])]), (R, W)),
    ("a nested get of a range to the end of all", txn([], [nested([], [get(b"r/a", range_end=END_OF_ALL)])]), (ROOT,)),
)

WATCHES = (
    ("one key", {"key": b"r/a"}, (R,)),
    ("a prefix", PREFIX, (R,)),
    ("with what was before", {"prev_kv": True, **PREFIX}, (R,)),
    ("of the past", {"start_revision": 2, **PREFIX}, (R,)),
    ("elsewhere", {"key": b"o/a"}, (ROOT,)),
    ("beyond the prefix", {"key": b"r/", "range_end": b"r0\0"}, (ROOT,)),
    ("to the end of all", {"key": b"r/a", "range_end": END_OF_ALL}, (ROOT,)),
    ("all", {"key": b"\0", "range_end": END_OF_ALL}, (ROOT,)),
)

LEASES = (
    ("LeaseGrant", "of one's own", pb.LeaseGrantRequest(TTL=60), USER, "unary"),
    ("LeaseRevoke", "that nobody has", pb.LeaseRevokeRequest(ID=NOBODY), USER, "unary"),
    ("LeaseRevoke", "of own keys", pb.LeaseRevokeRequest(ID=OWN_LEASE), (W,), "unary"),
    ("LeaseRevoke", "of other keys", pb.LeaseRevokeRequest(ID=OTHER_LEASE), (ROOT,), "unary"),
    ("LeaseKeepAlive", "that nobody has", pb.LeaseKeepAliveRequest(ID=NOBODY), USER, "keep_alive"),
    ("LeaseKeepAlive", "of own keys", pb.LeaseKeepAliveRequest(ID=OWN_LEASE), (W,), "keep_alive"),
    ("LeaseKeepAlive", "of other keys", pb.LeaseKeepAliveRequest(ID=OTHER_LEASE), (ROOT,), "keep_alive"),
    ("LeaseTimeToLive", "without keys", pb.LeaseTimeToLiveRequest(ID=OTHER_LEASE), USER, "unary"),
    ("LeaseTimeToLive", "with own keys", pb.LeaseTimeToLiveRequest(ID=OWN_LEASE, keys=True), (R,), "unary"),
    ("LeaseTimeToLive", "with other keys", pb.LeaseTimeToLiveRequest(ID=OTHER_LEASE, keys=True), (ROOT,), "unary"),
    ("LeaseLeases", "all", b"", (ROOT,), "unary"),
)

MEMBERS = (
    (CLUSTER + "MemberList", b"", USER),
    (CLUSTER + "MemberRemove", pb.MemberRemoveRequest(ID=NOBODY), (ROOT,)),
    (CLUSTER + "MemberUpdate", pb.MemberUpdateRequest(ID=NOBODY, peerURLs=["http://127.0.0.1:1"]), (ROOT,)),
    (CLUSTER + "MemberPromote", wire.number(1, NOBODY), (ROOT,)),
    (MAINTENANCE + "Status", b"", USER),
    (MAINTENANCE + "Alarm", pb.AlarmRequest(), USER),
    (MAINTENANCE + "Alarm", pb.AlarmRequest(action="DEACTIVATE", memberID=NOBODY, alarm=pb.NOSPACE), (ROOT,)),
    (MAINTENANCE + "Defragment", b"", (ROOT,)),
    (MAINTENANCE + "Hash", b"", (ROOT,)),
    (MAINTENANCE + "HashKV", b"", (ROOT,)),
    (MAINTENANCE + "MoveLeader", wire.number(1, NOBODY), (ROOT,)),
    (MAINTENANCE + "Downgrade", wire.number(1, 0) + wire.block(2, b"3.5.0"), (ROOT,)),
    (KV + "Compact", pb.CompactionRequest(revision=1 << 40), (ROOT,)),
    ("/kvd.Sessions/Open", b"", USER),
    ("/grpc.health.v1.Health/Check", b"", OPEN),
)

USERS = (
    ("AuthEnable", b"", (ROOT,)),
    ("AuthStatus", b"", (ROOT,)),
    ("Authenticate", pb.AuthenticateRequest(name="reader", password="readerpw"), OPEN),
    ("UserAdd", pb.AuthUserAddRequest(name="reader", password="x"), (ROOT,)),
    ("UserGet", pb.AuthUserGetRequest(name="nobody"), (ROOT,)),
    ("UserGet", pb.AuthUserGetRequest(name="root"), (ROOT,)),
    ("UserList", b"", (ROOT,)),
    ("UserDelete", pb.AuthUserDeleteRequest(name="nobody"), (ROOT,)),
    ("UserChangePassword", pb.AuthUserChangePasswordRequest(name="nobody", password="x"), (ROOT,)),
    ("UserGrantRole", pb.AuthUserGrantRoleRequest(user="nobody", role="root"), (ROOT,)),
    ("UserRevokeRole", pb.AuthUserRevokeRoleRequest(name="nobody", role="root"), (ROOT,)),
    ("RoleAdd", pb.AuthRoleAddRequest(name="reading"), (ROOT,)),
    ("RoleGet", pb.AuthRoleGetRequest(role="nothing"), (ROOT,)),
    ("RoleList", b"", (ROOT,)),
    ("RoleDelete", pb.AuthRoleDeleteRequest(role="nothing"), (ROOT,)),
    ("RoleGrantPermission", pb.AuthRoleGrantPermissionRequest(name="nothing", perm={"key": b"r/"}), (ROOT,)),
    ("RoleRevokePermission", pb.AuthRoleRevokePermissionRequest(role="nothing", key=b"r/"), (ROOT,)),
)


def named(prefix: bytes):
    """A lock or an office of the one who asks, as nobody is to wait for another."""
    return lambda user: wire.block(1, prefix + user.encode())


def office(prefix: bytes) -> bytes:
    """A LeaderKey of an election that nobody has won."""
    return wire.block(1, prefix) + wire.block(2, prefix + b"/1") + wire.number(3, 1) + wire.number(4, 1)


RECIPES = (
    (LOCK + "Lock", "below the prefix", named(b"r/lock-"), (R, W), "unary"),
    (LOCK + "Lock", "elsewhere", named(b"o/lock-"), (ROOT,), "unary"),
    (LOCK + "Unlock", "below the prefix", wire.block(1, b"r/lock/1"), (W,), "unary"),
    (LOCK + "Unlock", "elsewhere", wire.block(1, b"o/lock/1"), (ROOT,), "unary"),
    (ELECTION + "Campaign", "below the prefix", named(b"r/office-"), (R, W), "unary"),
    (ELECTION + "Campaign", "elsewhere", named(b"o/office-"), (ROOT,), "unary"),
    (ELECTION + "Leader", "below the prefix", wire.block(1, b"r/none"), (R,), "unary"),
    (ELECTION + "Leader", "elsewhere", wire.block(1, b"o/none"), (ROOT,), "unary"),
    (ELECTION + "Proclaim", "below the prefix", wire.block(1, office(b"r/none")), (R, W), "unary"),
    (ELECTION + "Proclaim", "elsewhere", wire.block(1, office(b"o/none")), (ROOT,), "unary"),
    (ELECTION + "Resign", "below the prefix", wire.block(1, office(b"r/none")), (R, W), "unary"),
    (ELECTION + "Resign", "elsewhere", wire.block(1, office(b"o/none")), (ROOT,), "unary"),
    # Somebody holds this one (policy_test.py), so that an answer comes at once.
    (ELECTION + "Observe", "below the prefix", wire.block(1, b"r/held"), (R,), "answers"),
    (ELECTION + "Observe", "elsewhere", wire.block(1, b"o/held"), (ROOT,), "answers"),
)


def all_rows() -> list:
    rows = [Row(f"Range: {title}", KV + "Range", request, needs) for title, request, needs in RANGES]
    rows += [Row(f"RangeStream: {title}", KV + "RangeStream", request, needs, "answers") for title, request, needs in RANGES]
    rows += [Row(f"{name}: {title}", KV + name, request, needs) for name, title, request, needs in WRITES]
    rows += [Row(f"Txn: {title}", KV + "Txn", request, needs) for title, request, needs in TXNS]
    rows += [Row(f"Watch: {title}", WATCH, wire.block(1, pb.WatchCreateRequest(**fields).SerializeToString()), needs, "watch")
             for title, fields, needs in WATCHES]
    rows += [Row(f"{name}: {title}", LEASE + name, request, needs, kind) for name, title, request, needs, kind in LEASES]
    rows += [Row(method, method, request, needs) for method, request, needs in MEMBERS]
    rows += [Row(name, AUTH + name, request, needs) for name, request, needs in USERS]
    rows += [Row(f"{method} {title}", method, request, needs, kind) for method, title, request, needs, kind in RECIPES]
    rows += [
        Row("MemberAdd", CLUSTER + "MemberAdd", pb.MemberAddRequest(peerURLs=["http://127.0.0.1:1"]), (ROOT,), not_by=("root",)),
        Row("AuthDisable", AUTH + "AuthDisable", b"", (ROOT,), not_by=("root",)),
        Row("UserGet: oneself", AUTH + "UserGet", lambda user: pb.AuthUserGetRequest(name=user), USER),
        Row("RoleGet: one's own", AUTH + "RoleGet", pb.AuthRoleGetRequest(role="reading"), (R,), not_by=("root",)),
        Row("UserChangePassword: one's own", AUTH + "UserChangePassword",
            lambda user: pb.AuthUserChangePasswordRequest(name=user, password="x"), (ROOT,), not_by=("root",)),
        Row("Snapshot", MAINTENANCE + "Snapshot", b"", (ROOT,), "answers"),
    ]
    return rows
