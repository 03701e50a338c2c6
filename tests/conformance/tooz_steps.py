"""What services write with python3-tooz: groups with members, locks, heartbeats; over one of its two etcd drivers."""

import logging
import warnings

import etcd3gw
from tooz import coordination

from steps import Steps, eventually

MEMBERSHIP_SECONDS = 2
# Debian's tooz calls client() with an argument that in Debian's etcd3gw only the class takes.
etcd3gw.client = etcd3gw.Etcd3Client


def shown(value) -> str:
    return repr(sorted(value)) if isinstance(value, (set, list)) else repr(value)


class Services:
    """Some coordinators of one backend; each call is a step."""

    def __init__(self, transcript, scheme: str, server, options: str):
        self.step = Steps(transcript)
        self.scheme = scheme
        self.url = f"{scheme}://127.0.0.1:{server.client_port}/?{options}"

    def start(self, member: bytes, **options):
        more = "".join(f"&{name}={value}" for name, value in options.items())
        coordinator = coordination.get_coordinator(self.url + more, member)
        coordinator.start(start_heart=False)
        return coordinator

    def ask(self, coordinator, method: str, *arguments, **options):
        """A call of a coordinator, which answers in the future."""
        title = f"{self.scheme} {coordinator._member_id!r}.{method}{arguments!r} {options or ''}"
        return self.step(title, lambda: getattr(coordinator, method)(*arguments, **options).get(timeout=60), shown)


def tooz_steps(transcript, server, scheme: str, options: str) -> None:
    logging.getLogger("tooz").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        services = Services(transcript, scheme, server, options)
        # Groups and locks are called alike by both drivers: each has names of its own.
        one, two = services.start(b"one"), services.start(b"two")
        groups(services, one, two, f"{scheme}-group".replace("+", "-"))
        locks(services, one, two, f"{scheme}-lock".replace("+", "-").encode())
        services.step("heartbeats", lambda: [one.heartbeat(), two.heartbeat()])
        one.stop()
        if scheme == "etcd3+http":
            expiry(services, two)
        two.stop()


def groups(services, one, two, group: str) -> None:
    ask = services.ask
    ask(one, "get_members", group)
    ask(one, "join_group", group)
    ask(one, "create_group", group)
    ask(two, "create_group", group)
    ask(two, "get_groups")
    ask(one, "join_group", group, {"cores": 2})
    ask(one, "join_group", group, {"cores": 2})
    ask(two, "join_group", group)
    ask(two, "get_members", group)
    ask(two, "get_member_capabilities", group, b"one")
    ask(two, "get_member_capabilities", group, b"three")
    ask(one, "update_capabilities", group, {"cores": 4})
    ask(two, "get_member_capabilities", group, b"one")
    ask(one, "delete_group", group)
    ask(one, "leave_group", group)
    ask(one, "leave_group", group)
    ask(two, "get_members", group)
    joined = []
    services.step("watch_join_group", lambda: two.watch_join_group(group, joined.append))
    ask(one, "join_group", group)
    services.step("run_watchers", lambda: two.run_watchers())
    services.step("what the watcher saw", lambda: joined)
    ask(one, "leave_group", group)
    ask(two, "leave_group", group)
    ask(two, "delete_group", group)
    ask(two, "delete_group", group)


def locks(services, one, two, name: bytes) -> None:
    step = services.step
    mine, yours = one.get_lock(name), two.get_lock(name)
    step("mine.acquire", mine.acquire)
    step("mine.acquired", lambda: mine.acquired)
    step("yours.acquire at once", lambda: yours.acquire(blocking=False))
    step("yours.acquire in a moment", lambda: yours.acquire(blocking=0.3))
    step("mine.heartbeat", mine.heartbeat)
    step("yours.release", yours.release)
    step("mine.release", mine.release)
    step("mine.release again", mine.release)
    step("yours.acquire", yours.acquire)
    step("mine.break_", mine.break_)
    step("yours.release", yours.release)
    step("mine.acquire shared", lambda: mine.acquire(shared=True))


def expiry(services, two) -> None:
    """A member whose heart has stopped leaves its groups by itself."""
    group = "brief"
    brief = services.start(b"brief", membership_timeout=MEMBERSHIP_SECONDS)
    services.ask(brief, "create_group", group)
    services.ask(brief, "join_group", group)
    services.ask(two, "get_members", group)
    eventually(lambda: two.get_members(group).get() == set(), 30, "the end of a membership")
    services.ask(two, "get_members", group)
    services.ask(two, "delete_group", group)
