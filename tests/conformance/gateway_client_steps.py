"""What users write with python3-etcd3gw, which speaks to the JSON gateway, step by step."""

import itertools
import threading

import etcd3gw

import places
from steps import Steps

WATCH_SECONDS = 20


def refusal(error: Exception) -> str:
    """The library keeps the gateway's body beside the exception's text."""
    return f"{type(error).__name__}: {error} {getattr(error, 'detail_text', '')}"


def shown(value) -> str:
    """Answers as text, members of JSON objects in one order."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, etcd3gw.Lease):
        return f"lease {value.id}"
    return value if isinstance(value, str) and value.isdecimal() else repr(value)


class Client:
    """Each call of a method is a step."""

    def __init__(self, transcript, port: int, **options):
        self.etcd = etcd3gw.Etcd3Client(host="127.0.0.1", port=port, timeout=60, **options)
        self.step = Steps(transcript, refusal)

    def __call__(self, method: str, *arguments, **options):
        title = f"etcd3gw.{method}({', '.join([*map(repr, arguments), *(f'{k}={shown(v)}' for k, v in options.items())])})"
        return self.step(title, lambda: getattr(self.etcd, method)(*arguments, **options), shown)


def gateway_client_steps(transcript, server) -> None:
    client = Client(transcript, server.client_port, api_path="/v3/")
    keys_and_values(client)
    conditions(client)
    leases(client)
    locks(client)
    watches(client)
    cluster(client)
    client.etcd.session.close()


def keys_and_values(client) -> None:
    client("get", "gw/none")
    client("put", "gw/a", "1")
    client("get", "gw/a")
    client("get", "gw/a", metadata=True)
    client("put", "gw/a", bytes(range(256)))
    client("put", b"gw/\x00\xff", b"\x00")
    client("put", "gw/empty", "")
    client("put", "", "no key")
    client("get", "gw/a", metadata=True, serializable=True)
    client("get_prefix", "gw/")
    for order, target in itertools.product(("ascend", "descend"), ("key", "version", "create", "mod", "value")):
        client("get_prefix", "gw/", sort_order=order, sort_target=target)
    client("get", "gw/a", revision=1)
    client("get", "gw/a", revision=1000000)
    client("get", "gw/", range_end="Z3cw", limit=2, keys_only=True)
    client("get", "gw/", range_end="Z3cw", count_only=True)
    client("delete", "gw/a")
    client("delete", "gw/a")
    client("delete_prefix", "gw/")
    client("delete_prefix", "gw/")
    client("get_all")


def conditions(client) -> None:
    client("create", "gw/once", "first")
    client("create", "gw/once", "second")
    client("get", "gw/once")
    client("replace", "gw/once", "first", "third")
    client("replace", "gw/once", "first", "fourth")
    client("get", "gw/once")
    get = {"request_range": {"key": "Z3cvb25jZQ=="}}
    put = {"request_put": {"key": "Z3cvb25jZQ==", "value": "NQ==", "prev_kv": True}}
    exists = {"key": "Z3cvb25jZQ==", "target": "VERSION", "result": "GREATER", "version": 0}
    client("transaction", {"compare": [exists], "success": [get, put, get], "failure": []})
    client("transaction", {"compare": [exists | {"result": "EQUAL"}], "success": [], "failure": [get]})
    client("transaction", {"success": [put, put]})
    client("transaction", {"success": [{"request_txn": {"compare": [exists], "success": [put]}}]})
    client("transaction", {"compare": "nonsense"})


def leases(client) -> None:
    step = client.step
    lease = client.etcd.lease(ttl=100)
    client.step.transcript.learn(str(lease.id), "LEASE1")
    client("put", "gw/l/b", "1", lease=lease)
    client("put", "gw/l/a", "2", lease=lease)
    client("create", "gw/l/c", "3", lease=lease)
    client("get_prefix", "gw/l/")
    step("lease.keys", lambda: sorted(lease.keys()))
    step("lease.ttl", lambda: 80 < lease.ttl() <= 100)
    step("lease.refresh", lease.refresh)
    step("lease.revoke", lease.revoke)
    client("get_prefix", "gw/l/")
    step("lease.revoke again", lease.revoke)
    step("lease.refresh again", lease.refresh)
    step("lease.ttl again", lease.ttl)
    step("lease.keys again", lease.keys)
    client("put", "gw/l/a", "2", lease=lease)
    client("lease", ttl=9000000001)


def locks(client) -> None:
    step = client.step
    mine, yours = client.etcd.lock("gw-lock", ttl=100), client.etcd.lock("gw-lock", ttl=100)
    for name, lock in (("mine", mine), ("yours", yours), ("mine", mine)):
        step(f"{name}.acquire", lock.acquire)
        step(f"{name}.is_acquired", lock.is_acquired)
    step("yours.release", yours.release)
    step("mine.refresh", mine.refresh)
    step("mine.release", mine.release)
    step("mine.release again", mine.release)
    step("yours.acquire", yours.acquire)
    step("mine.is_acquired", mine.is_acquired)
    step("yours.release", yours.release)


def watches(client) -> None:
    """The library's own thread reads one JSON object from each chunk of the answer."""
    etcd, step = client.etcd, client.step
    start = int(etcd.get("gw/once", metadata=True)[0][1]["mod_revision"]) + 1

    def first(count: int, watched) -> list:
        events, cancel = watched
        # The library would wait for ever.
        timer = threading.Timer(WATCH_SECONDS * places.time_scale(), cancel)
        timer.start()
        seen = list(itertools.islice(events, count))
        timer.cancel()
        cancel()
        return seen

    events, cancel = etcd.watch_prefix("gw/w/")
    for number in range(3):
        client("put", f"gw/w/{number}", f"{number}")
    client("delete_prefix", "gw/w/")
    step("watch_prefix: three puts and three deletes", lambda: first(6, (events, cancel)), shown)
    revision = int(etcd.get("gw/once", metadata=True)[0][1]["mod_revision"])
    step("watch_prefix from the past", lambda: first(6, etcd.watch_prefix("gw/w/", start_revision=start)), shown)
    step("watch_prefix with what was before",
         lambda: first(6, etcd.watch_prefix("gw/w/", start_revision=start, prev_kv=True)), shown)
    for kind in ("NOPUT", "NODELETE"):
        step(f"watch_prefix filtered by {kind}",
             lambda kind=kind: first(3, etcd.watch_prefix("gw/w/", start_revision=start, filters=[kind])), shown)
    step("watch_once of one key from the past",
         lambda: etcd.watch_once("gw/w/1", timeout=WATCH_SECONDS, start_revision=revision + 1), shown)
    step("watch_prefix_once in vain", lambda: etcd.watch_prefix_once("gw/nothing/", timeout=0.2), shown)
    put = client("transaction", {"success": [
        {"request_put": {"key": "Z3cvdC8x", "value": "MQ=="}}, {"request_put": {"key": "Z3cvdC8y", "value": "Mg=="}}]})
    at = int(put["header"]["revision"])
    step("watch_prefix of a transaction", lambda: first(2, etcd.watch_prefix("gw/t/", start_revision=at)), shown)


def cluster(client) -> None:
    client.step("members", lambda: "\n".join(map(shown, client.etcd.members())), str, unordered=True)
    client.step("status", lambda: sorted(client.etcd.status()))
