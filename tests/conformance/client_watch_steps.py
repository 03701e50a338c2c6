"""The parts of python3-etcd3 that live longer than a call: watches with the library's own thread, locks, leases."""

import io
import itertools
import threading

from etcd3.events import DeleteEvent, PutEvent

import places
from client_steps import Client, refusal, shown
from steps import Steps

WATCH_SECONDS = 20


def event_shown(event) -> str:
    if isinstance(event, (PutEvent, DeleteEvent)):
        return f"{type(event).__name__} {shown(event._event)}"
    return shown(event)


def response_shown(response) -> str:
    return f"at {response.header.revision}: [{', '.join(map(event_shown, response.events))}]"


def first(count: int, watched, show=event_shown) -> str:
    """The first ones of a watch, which ends with that."""
    events, cancel = watched
    timer = threading.Timer(WATCH_SECONDS * places.time_scale(), cancel)
    timer.start()
    try:
        return "\n".join(map(show, itertools.islice(events, count)))
    finally:
        timer.cancel()
        cancel()


def client_watch_steps(transcript, server) -> None:
    client = Client(transcript, server)
    step = Steps(transcript, refusal)
    answers(client)
    start = watches(client, step)
    locks(client, step)
    leases(client, step)
    compacted(client, step, start)
    maintenance(client, step)
    client.etcd.close()


def answers(client) -> None:
    """Whole answers, where the library has them."""
    client("put", "pw/a", "1", prev_kv=True)
    client("put", "pw/a", "2", prev_kv=True)
    client("get_response", "pw/a")
    client("get_response", "pw/none", serializable=True)
    client("get_prefix_response", "pw/", keys_only=True)
    client("get_range_response", "pw/a", "pw/b")
    client("get_all_response", keys_only=True)
    client("delete", "pw/a", prev_kv=True, return_response=True)
    client("delete", "pw/a", prev_kv=True, return_response=True)
    client("delete_prefix", "pw/")


def watches(client, step) -> int:
    etcd = client.etcd
    start = etcd.get_response("pw/a").header.revision + 1
    one, all_of_them = etcd.watch("pw/w/a"), etcd.watch_prefix_response("pw/w/")
    called = []
    third = threading.Event()

    def callback(response) -> None:
        called.append(response_shown(response))
        if len(called) == 3:
            third.set()

    number = etcd.add_watch_prefix_callback("pw/w/", callback, prev_kv=True)
    client("put", "pw/w/a", "1")
    client("put", "pw/w/b", "2", lease=None)
    ops = etcd.transactions
    etcd.transaction(compare=[], success=[ops.put("pw/w/a", "3"), ops.delete("pw/w/b"), ops.put("pw/w/c", "4")],
                     failure=[])
    client("delete_prefix", "pw/w/")
    step("watch one key", lambda: first(3, one))
    step("watch a prefix, answer by answer", lambda: first(4, all_of_them, response_shown))
    step("watch with a callback", lambda: third.wait(WATCH_SECONDS * places.time_scale()) and "\n".join(called[:3]))
    step("cancel the callback", lambda: etcd.cancel_watch(number))
    step("cancel what is not there", lambda: etcd.cancel_watch(4242))
    prefix = etcd.watch_prefix
    step("from the past", lambda: first(7, prefix("pw/w/", start_revision=start)))
    step("from the past, with what was before", lambda: first(7, prefix("pw/w/", start_revision=start, prev_kv=True)))
    step("watch_once from the past", lambda: event_shown(etcd.watch_once("pw/w/b", 20, start_revision=start)))
    step("watch_once in vain", lambda: etcd.watch_once("pw/none", timeout=0.2))
    step("watch_prefix_once in vain", lambda: etcd.watch_prefix_once("pw/none", timeout=0.2))
    step("watch a range", lambda: first(3, etcd.watch("pw/w/a", range_end="pw/w/b", start_revision=start)))
    return start


def locks(client, step) -> None:
    mine, yours = client.etcd.lock("pw", ttl=60), client.etcd.lock("pw", ttl=60)
    step("mine.acquire", lambda: mine.acquire(timeout=20))
    # Debian's tenacity does not take the library's way to wait: who finds a lock held gets an error.
    step("yours.acquire in a moment", lambda: yours.acquire(timeout=0.3))
    step("is_acquired", lambda: [mine.is_acquired(), yours.is_acquired()])
    step("refresh what was not acquired", yours.refresh)
    step("refresh", lambda: [answer.TTL for answer in mine.refresh()])
    step("release what was not acquired", yours.release)
    step("release", mine.release)
    step("yours.acquire", lambda: yours.acquire(timeout=20))
    step("is_acquired", lambda: [mine.is_acquired(), yours.is_acquired()])
    step("release", yours.release)

    def inside():
        with client.etcd.lock("pw", ttl=60) as lock:
            return lock.is_acquired()

    step("with a lock", inside)
    step("the lock is free", lambda: client.etcd.get("/locks/pw"))


def leases(client, step) -> None:
    lease = client.etcd.lease(100)
    client.transcript.learn(str(lease.id), "LEASE")
    client("put", "pw/l/b", "1", lease=lease.id)
    client("put_if_not_exists", "pw/l/a", "1", lease=lease.id)
    step("what a lease knows", lambda: [80 < lease.remaining_ttl <= 100, lease.granted_ttl, sorted(lease.keys)])
    watched = client.etcd.watch_prefix_response("pw/l/")
    step("revoke", lease.revoke)
    step("the events of a revoke", lambda: first(1, watched, response_shown))
    step("what a lease that is gone knows", lambda: [lease.remaining_ttl, lease.granted_ttl, list(lease.keys)])


def compacted(client, step, start: int) -> None:
    etcd = client.etcd
    now = etcd.put("pw/kept", "1").header.revision
    client("compact", now, physical=True)
    step("watch what was compacted", lambda: first(1, etcd.watch_prefix("pw/w/", start_revision=start)))
    step("watch_once what was compacted", lambda: response_shown(
        etcd.watch_once_response("pw/w/a", timeout=20, start_revision=start)))
    step("watch what is kept", lambda: first(1, etcd.watch_prefix("pw/", start_revision=now)))


def maintenance(client, step) -> None:
    step("hash", lambda: isinstance(client.etcd.hash(), int))
    client("defragment")
    client("create_alarm", 77)
    client("put", "pw/full", "1")
    client("list_alarms")
    client("disarm_alarm", 77)
    client("put", "pw/full", "1")

    def snapshot() -> list:
        file = io.BytesIO()
        client.etcd.snapshot(file)
        return [file.tell() > 0, file.tell() % 512]

    step("snapshot", snapshot)
