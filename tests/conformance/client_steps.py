"""What users write with python3-etcd3, step by step."""

import etcd3
import grpc
from etcd3.client import Alarm, KVMetadata, Status
from google.protobuf import text_format
from google.protobuf.message import Message


def shown(value) -> str:
    """Answers of the client library as text."""
    if isinstance(value, KVMetadata):
        header = value.response_header
        return (f"key={value.key} create={value.create_revision} mod={value.mod_revision}"
                f" version={value.version} lease={value.lease_id} at={header.revision if header else None}")
    if isinstance(value, Message):
        return text_format.MessageToString(value, as_one_line=True)
    if isinstance(value, Status):
        return f"version={value.version} leader={value.leader.id}"
    if isinstance(value, Alarm):
        return f"alarm {value.alarm_type} of {value.member_id}"
    if isinstance(value, etcd3.Lease):
        return f"lease {value.id} for {value.ttl} s"
    if isinstance(value, etcd3.Member):
        return f"{value.name} {value.id} {list(value.peer_urls)} {list(value.client_urls)}"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if hasattr(value, "__next__"):
        return shown(list(value))
    return repr(value)


def refusal(error: Exception) -> str:
    """What a user can tell from an exception of the library."""
    if isinstance(error, grpc.RpcError):
        return f"{error.code().name}: {error.details()}"
    return f"{type(error).__name__}: {error}"


class Client:
    """Each call is a step of the transcript."""

    def __init__(self, transcript, server):
        self.transcript = transcript
        self.etcd = etcd3.client(host="127.0.0.1", port=server.client_port, timeout=30)

    def __call__(self, method: str, *arguments, **options):
        title = f"etcd3.{method}({', '.join([*map(repr, arguments), *(f'{k}={v!r}' for k, v in options.items())])})"
        try:
            answer = getattr(self.etcd, method)
            answer = answer(*arguments, **options) if callable(answer) else answer
            # Ranges come as generators: the call happens when they are read.
            seen = "\n".join(map(shown, answer)) if method == "members" else shown(answer)
        except Exception as error:  # whatever the library makes of it is what users see
            answer, seen = None, refusal(error)
        self.transcript.add(title[:300], unordered=method == "members", answer=seen)
        return answer


def client_steps(transcript, server) -> None:
    client = Client(transcript, server)
    keys_and_values(client)
    ranges(client)
    conditions(client)
    transactions(client)
    history(client)
    cluster(client)
    client.etcd.close()


def keys_and_values(client) -> None:
    client("get", "py/none")
    client("put", "py/a", "1")
    client("get", "py/a")
    client("get", "py/a", serializable=True)
    client("put", "py/a", b"\x00\xff binary \x80")
    client("get", "py/a")
    client("put", b"py/\x00\xff", "binary key")
    client("get", b"py/\x00\xff")
    client("put", "py/empty", "")
    client("get", "py/empty")
    client("put", "", "no key")
    client("put", "py/a", "x", lease=4242)
    client("delete", "py/a")
    client("delete", "py/a")
    client("get", "py/a")
    client("put", "py/long", "x" * 100000)
    client("get", "py/long")


def ranges(client) -> None:
    for number, word in enumerate(("pear", "apple", "fig", "plum", "date")):
        client("put", f"py/list/{number}", word)
    client("put", "py/list/2", "fig again")
    client("get_prefix", "py/list/")
    client("get_prefix", "py/list/", keys_only=True)
    for target in ("key", "version", "create", "mod", "value"):
        for order in ("ascend", "descend"):
            client("get_prefix", "py/list/", sort_order=order, sort_target=target)
    client("get_prefix", "py/nothing/")
    client("get_range", "py/list/1", "py/list/4")
    client("get_range", "py/list/4", "py/list/1")
    client("get_all", keys_only=True)
    client("delete_prefix", "py/list/nothing")


def conditions(client) -> None:
    client("put_if_not_exists", "py/once", "first")
    client("put_if_not_exists", "py/once", "second")
    client("get", "py/once")
    client("replace", "py/once", "first", "third")
    client("replace", "py/once", "first", "fourth")
    client("get", "py/once")


def transactions(client) -> None:
    ops = client.etcd.transactions
    client("put", "py/t", "1")

    def transaction(title, compare, success, failure):
        try:
            seen = shown(client.etcd.transaction(compare=compare, success=success, failure=failure))
        except Exception as error:
            seen = refusal(error)
        client.transcript.add(f"etcd3.transaction: {title}", answer=seen)

    transaction("value equal", [ops.value("py/t") == "1"], [ops.put("py/t", "2")], [ops.get("py/t")])
    transaction("value differs", [ops.value("py/t") == "1"], [ops.put("py/t", "3")], [ops.get("py/t")])
    transaction("version over", [ops.version("py/t") > 1], [ops.get("py/t"), ops.get("py/none")], [])
    transaction("create below", [ops.create("py/t") < 1], [], [ops.delete("py/t")])
    transaction("all compares", [ops.version("py/none") == 0, ops.mod("py/none") == 0, ops.create("py/none") == 0,
                                 ops.value("py/none") != "x"], [ops.put("py/none", "1")], [ops.put("py/else", "1")])
    transaction("nested", [], [ops.txn([ops.version("py/n") == 0], [ops.put("py/n", "1")], [ops.delete("py/n")])], [])
    transaction("nested again", [], [ops.txn([ops.version("py/n") == 0], [ops.put("py/n", "1")],
                                             [ops.delete("py/n")])], [])
    transaction("range compare", [ops.version("py/list/", "py/list0") > 0], [ops.get("py/list/", "py/list0")], [])
    transaction("range compare fails", [ops.version("py/list/", "py/list0") == 1], [], [ops.get("py/t")])
    transaction("same key twice", [], [ops.put("py/t", "1"), ops.put("py/t", "2")], [])
    transaction("delete and count", [], [ops.delete("py/list/", "py/list0", prev_kv=True), ops.get("py/t")], [])
    transaction("nothing", [], [], [])


def history(client) -> None:
    for value in range(5):
        client("put", "py/h", str(value))
    _, seen = client("get", "py/h")
    client("compact", seen.mod_revision - 2)
    client("compact", seen.mod_revision - 2)
    client("compact", seen.mod_revision + 1000)
    client("compact", seen.mod_revision - 1, physical=True)


def cluster(client) -> None:
    client("status")
    client("members")
    client("list_alarms")
    client("disarm_alarm")
