"""What users of python3-etcd3 do where authentication is enabled, and the API itself behind it, step by step."""

import etcd3
from etcd3.etcdrpc import rpc_pb2 as pb

from client_steps import refusal, shown
from raw_steps import Raw, delete, get, put, txn


class Named:
    """python3-etcd3 as somebody; each call is a step."""

    def __init__(self, transcript, server, user: str, password: str):
        self.transcript, self.user = transcript, user
        self.etcd = None
        self.step("log in", lambda: self.log_in(server, user, password))

    def log_in(self, server, user, password) -> str:
        self.etcd = etcd3.client(host="127.0.0.1", port=server.client_port, timeout=60, user=user, password=password)
        self.etcd.call_credentials = None  # gRPC sends those over TLS only; the token is in the metadata as well
        return "in"

    def __call__(self, method: str, *arguments, **options):
        title = f"{method}({', '.join([*map(repr, arguments), *(f'{k}={v!r}' for k, v in options.items())])})"
        return self.step(title, lambda: getattr(self.etcd, method)(*arguments, **options))

    def step(self, title: str, call):
        answer = None
        try:
            answer = call()
            seen = shown(answer)
        except Exception as error:  # whatever the library makes of it is what users see
            seen = refusal(error)
        self.transcript.add(f"{self.user}: etcd3.{title}"[:300], answer=seen)
        return answer


def client_steps(transcript, server) -> None:
    """Two users, readers of py/ and writers of py/own/; root grants and takes back meanwhile."""
    raw = Raw(transcript, server)
    auth = raw.api.auth
    for method, request in named((pb.AuthUserAddRequest(name="root", password="rootpw"), pb.AuthRoleAddRequest(name="root"),
                    pb.AuthUserGrantRoleRequest(user="root", role="root"), pb.AuthUserAddRequest(name="py", password="pypw"),
                    pb.AuthRoleAddRequest(name="py"),
                    pb.AuthRoleGrantPermissionRequest(name="py", perm={"permType": "READ", "key": b"py/", "range_end": b"py0"}),
                    pb.AuthRoleGrantPermissionRequest(name="py", perm={"permType": "WRITE", "key": b"py/own/", "range_end": b"py/own0"}),
                    pb.AuthUserGrantRoleRequest(user="py", role="py"))):
        raw(getattr(auth, method), request)
    raw(auth.AuthEnable, pb.AuthEnableRequest())
    Named(transcript, server, "py", "wrong")
    Named(transcript, server, "stranger", "x")
    root, py = Named(transcript, server, "root", "rootpw"), Named(transcript, server, "py", "pypw")
    root("put", "py/a", "1")
    root("put", "elsewhere", "secret")
    for client in (py, root):
        client("get", "py/a")
        client("get", "elsewhere")
        client("get_prefix", "py/")
        client("get_all")
        client("put", "py/b", "2")
        client("put", "py/own/a", "3")
        client("put", "py/own/a", "4", prev_kv=True)
        client("delete", "py/a")
        client("delete", "py/own/a")
        client("put_if_not_exists", "py/own/once", "1")
        client("put_if_not_exists", "elsewhere", "1")
        client("replace", "py/own/once", "1", "2")
        client("lease", 60, lease_id=771 if client is py else 772)
        client("put", "py/own/leased", "x", lease=771 if client is py else 772)
        client("put", "py/leased", "x", lease=771 if client is py else 772)
        client("revoke_lease", 771)
    client_watches(py, root)
    raw_calls(raw, py)
    root.step("grant", lambda: root.etcd.auth_stub.RoleGrantPermission(
        pb.AuthRoleGrantPermissionRequest(name="py", perm={"permType": "READ", "key": b"elsewhere"}), metadata=root.etcd.metadata))
    py("get", "elsewhere")
    root.step("take back", lambda: root.etcd.auth_stub.UserRevokeRole(
        pb.AuthUserRevokeRoleRequest(name="py", role="py"), metadata=root.etcd.metadata))
    py("get", "elsewhere")
    py("put", "py/own/a", "5")
    root.step("end", lambda: root.etcd.auth_stub.AuthDisable(pb.AuthDisableRequest(), metadata=root.etcd.metadata))
    py.user = "py, when it is off"
    py("get", "elsewhere")


def named(requests: tuple):
    """With the methods that they are for."""
    return [(type(request).__name__.removeprefix("Auth").removesuffix("Request"), request) for request in requests]


def client_watches(py, root) -> None:
    def watched(key, **options):
        events, cancel = py.etcd.watch(key, **options)
        root.etcd.put(key, "seen")
        event = next(iter(events))
        cancel()
        return f"{type(event).__name__} {event.key} {event.value}"

    py.step("watch a key that it reads", lambda: watched("py/watched"))
    py.step("watch a range that it reads", lambda: watched("py/watched", range_end="py/watchee"))


def raw_calls(raw, py) -> None:
    """By the API itself, which tells codes and texts."""
    kv, ways = raw.api.kv, {"token": py.etcd.metadata, "none": (), "unknown": (("token", "ABCDEFGHIJKLMNOP.1"),),
                            "garbage": (("token", "garbage"),), "empty": (("token", ""),),
                            "authorization": (("authorization", py.etcd.metadata[0][1]),)}
    for way, metadata in ways.items():
        raw.transcript.add(f"by {way}")
        raw(kv.Range, pb.RangeRequest(key=b"py/b"), metadata)
        raw(kv.Range, pb.RangeRequest(key=b"py/b", serializable=True), metadata)
        raw(kv.Range, pb.RangeRequest(key=b"elsewhere"), metadata)
        raw(kv.Put, pb.PutRequest(key=b"py/own/raw", value=b"x"), metadata)
        raw(kv.DeleteRange, pb.DeleteRangeRequest(key=b"py/own/raw"), metadata)
        raw(kv.Txn, txn([], [put(b"py/own/raw", b"y"), get(b"py/b")]), metadata)
        raw(kv.Txn, txn([], [put(b"py/own/raw", b"y"), get(b"elsewhere")]), metadata)
        raw(kv.Txn, txn([pb.Compare(key=b"elsewhere")], [delete(b"py/own/raw")]), metadata)
        raw(kv.Range, pb.RangeRequest(), metadata)
        raw(kv.Range, pb.RangeRequest(key=b"elsewhere", revision=1 << 40), metadata)
