#!/usr/bin/env python3
"""Writers with tokens, whose permissions change and whose leaders die: nothing is written that was refused, nothing acknowledged is lost.

Usage: users_test.py [--kind kvd|etcd] [--kills N]
"""

import argparse
import itertools
import os
import random
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import checks  # noqa: E402
import places  # noqa: E402
from api import grpc, rpc_pb2 as pb  # noqa: E402
from cluster import Cluster  # noqa: E402
from user_api import TOKEN_REFUSED, UserApi  # noqa: E402

WRITERS = 6
OWN, SHARED, NEVER = (b"chaos/own/%d", b"chaos/shared/%d", b"chaos/never/%d")
SPAN = (b"chaos/", b"chaos0")
CALL_SECONDS = 2.0
DENIED = "etcdserver: permission denied"


@dataclass
class Attempt:
    """One put. `outcome`: written, denied, not let in (both are certain), or unknown."""

    key: bytes
    value: bytes
    asked: float
    ended: float = 0.0
    outcome: str = "unknown"
    revision: int = 0


class Stopped(Exception):
    """Somebody waits for what will not come, as the test is over."""


class Worker(threading.Thread):
    """Somebody who does one thing after the other until told to stop."""

    def __init__(self, name: str, user: str, endpoints: list):
        super().__init__(name=name, daemon=True)
        self.apis = [UserApi(endpoint, user, f"{user}pw") for endpoint in endpoints]
        self.random = random.Random(name)
        self.at = self.random.randrange(len(endpoints))
        self.stopping = threading.Event()
        self.fault = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.step()
        except Stopped:
            pass
        except Exception as error:  # a fault of the test, shown by the main thread
            self.fault = error

    def close(self) -> None:
        for api in self.apis:
            api.close()


class Writer(Worker):
    """Writes to a key that it may always write, to one that it may write now and then, and to one that it never may."""

    def __init__(self, number: int, endpoints: list, pause: float):
        super().__init__(f"writer {number}", f"w{number}", endpoints)
        self.keys = [key % number for key in (OWN, OWN, SHARED, SHARED, NEVER)]
        self.number, self.pause = number, pause
        self.serials = itertools.count(1)
        self.attempts = []

    def step(self) -> None:
        attempt = Attempt(self.random.choice(self.keys), b"%d:%d" % (self.number, next(self.serials)), time.monotonic())
        try:
            attempt.revision = self.apis[self.at].put(attempt.key, attempt.value, timeout=CALL_SECONDS * places.time_scale()).header.revision
            attempt.outcome = "written"
        except grpc.RpcError as error:
            if error.details() == DENIED:
                attempt.outcome = "denied"
            elif error.details() in TOKEN_REFUSED:
                attempt.outcome = "not let in"
            else:
                self.at = (self.at + 1) % len(self.apis)
        attempt.ended = time.monotonic()
        self.attempts.append(attempt)
        time.sleep(self.pause)


class Administrator(Worker):
    """Gives writers their permission for the shared keys and takes it back, changes passwords, deletes users and makes them again."""

    def __init__(self, endpoints: list):
        super().__init__("administrator", "root", endpoints)
        # By writer: from when on it may write its shared key (True), may not (False), or may be either (None).
        self.states = {number: [(0.0, False)] for number in range(WRITERS)}
        self.changes = 0

    def step(self) -> None:
        number = self.random.randrange(WRITERS)
        self.random.choice((self.grant, self.grant, self.revoke, self.revoke, self.change_password, self.make_again))(number)
        self.changes += 1
        time.sleep(0.02)

    def ask(self, request, done_when: str = "") -> None:
        """Again and again, until it is certain that it was done; `done_when`: what is told then, if it was done before."""
        method = type(request).__name__.removeprefix("Auth").removesuffix("Request")
        while True:
            try:
                getattr(self.apis[self.at].auth, method)(request, timeout=CALL_SECONDS * places.time_scale())
                return
            except grpc.RpcError as error:
                if done_when and error.details() == done_when:
                    return
                self.at = (self.at + 1) % len(self.apis)
                if self.stopping.is_set():
                    raise Stopped from error
                time.sleep(0.02)

    def becomes(self, number: int, state: bool | None) -> None:
        self.states[number].append((time.monotonic(), state))

    def grant(self, number: int) -> None:
        self.becomes(number, None)
        self.ask(pb.AuthRoleGrantPermissionRequest(name=f"r{number}", perm=permission(SHARED % number)))
        self.becomes(number, True)

    def revoke(self, number: int) -> None:
        self.becomes(number, None)
        self.ask(pb.AuthRoleRevokePermissionRequest(role=f"r{number}", key=(SHARED % number).decode()),
                 "etcdserver: permission is not granted to the role")
        self.becomes(number, False)

    def change_password(self, number: int) -> None:
        """To the same: its tokens end."""
        self.ask(pb.AuthUserChangePasswordRequest(name=f"w{number}", password=f"w{number}pw"))

    def make_again(self, number: int) -> None:
        before = self.states[number][-1][1]
        self.becomes(number, None)
        self.ask(pb.AuthUserDeleteRequest(name=f"w{number}"), "etcdserver: user name not found")
        self.make(number)
        self.becomes(number, before)

    def make(self, number: int) -> None:
        self.ask(pb.AuthUserAddRequest(name=f"w{number}", password=f"w{number}pw"), "etcdserver: user name already exists")
        self.ask(pb.AuthUserGrantRoleRequest(user=f"w{number}", role=f"r{number}"))

    def begin(self) -> None:
        """Users and roles, and that they count."""
        for number in range(WRITERS):
            self.ask(pb.AuthRoleAddRequest(name=f"r{number}"), "etcdserver: role name already exists")
            self.ask(pb.AuthRoleGrantPermissionRequest(name=f"r{number}", perm=permission(OWN % number)))
            self.make(number)
        self.ask(pb.AuthUserAddRequest(name="root", password="rootpw"), "etcdserver: user name already exists")
        self.ask(pb.AuthRoleAddRequest(name="root"), "etcdserver: role name already exists")
        self.ask(pb.AuthUserGrantRoleRequest(user="root", role="root"))
        self.apis[self.at].auth.AuthEnable(pb.AuthEnableRequest(), timeout=30)

    def state_during(self, number: int, asked: float, ended: float) -> bool | None:
        """Whether the writer might write its shared key all the time between the two; None when that changed."""
        states = self.states[number]
        at = max(i for i, (since, _) in enumerate(states) if since <= asked)
        changed = at + 1 < len(states) and states[at + 1][0] <= ended
        return None if changed else states[at][1]


def permission(key: bytes) -> dict:
    return {"permType": "READWRITE", "key": key}


def check(administrator: Administrator, writers: list, history: dict) -> list:
    faults = []
    kept = {entry.value: (key, entry.revision) for key, chain in history.items() for entry in chain}
    attempts = {attempt.value: attempt for writer in writers for attempt in writer.attempts}
    for value, (key, revision) in kept.items():
        attempt = attempts.get(value)
        if attempt is None or attempt.key != key:
            faults.append(f"{key!r} has {value!r}, which nobody wrote there")
        elif attempt.outcome in ("denied", "not let in"):
            faults.append(f"{key!r} has {value!r} at {revision}, whose writer was told: {attempt.outcome}")
    for writer in writers:
        for attempt in writer.attempts:
            faults += check_attempt(administrator, writer, attempt, kept)
    return faults


def check_attempt(administrator: Administrator, writer: Writer, attempt: Attempt, kept: dict) -> list:
    if attempt.outcome == "written" and kept.get(attempt.value) != (attempt.key, attempt.revision):
        return [f"{attempt} is kept as {kept.get(attempt.value)}"]
    if attempt.outcome not in ("written", "denied"):
        return []
    may = attempt.key == OWN % writer.number
    if attempt.key == SHARED % writer.number:
        may = administrator.state_during(writer.number, attempt.asked, attempt.ended)
    elif may and administrator.state_during(writer.number, attempt.asked, attempt.ended) is None:
        may = None  # it may have been between two lives
    if may is None or may == (attempt.outcome == "written"):
        return []
    return [f"{writer.name} {'may' if may else 'may not'} write {attempt.key!r} all the time, but: {attempt}"]


def tell(administrator: Administrator, writers: list) -> list:
    """What was done; that is a fault when it shows nothing."""
    counts = {}
    for writer in writers:
        for attempt in writer.attempts:
            counts[attempt.outcome] = counts.get(attempt.outcome, 0) + 1
    logins = sum(api.logins for writer in writers for api in writer.apis)
    print(f"  {counts}, {administrator.changes} changes of users and roles, {logins} logins", flush=True)
    faults = [f"no attempt was {outcome}" for outcome in ("written", "denied") if outcome not in counts]
    if administrator.changes < 20 or logins <= WRITERS * len(writers[0].apis):
        faults.append("hardly anything changed, or nobody had to log in again: this test has shown nothing")
    return faults


def run(kind: str, kills: int) -> list:
    with Cluster(kind, 3, ("--bcrypt-cost=4",)) as cluster:
        endpoints = [server.endpoint for server in cluster.servers]
        administrator = Administrator(endpoints)
        administrator.begin()
        writers = [Writer(number, endpoints, 0.005 * places.time_scale()) for number in range(WRITERS)]
        workers = [administrator, *writers]
        for worker in workers:
            worker.start()
        for number in range(kills):
            time.sleep(1.0 * places.time_scale())
            victim = cluster.leader(30, connect=lambda endpoint: UserApi(endpoint, "root", "rootpw"))
            print(f"  {victim.name} killed, which leads", flush=True)
            victim.kill()
            time.sleep(1.5 * places.time_scale())
            victim.start()
        time.sleep(3.0 * places.time_scale())
        for worker in workers:
            worker.stopping.set()
        for worker in workers:
            worker.join(60 * places.time_scale())
            if worker.fault:
                raise worker.fault
        apis = administrator.apis
        keys = [key % number for number in range(WRITERS) for key in (OWN, SHARED, NEVER)]
        history = checks.read_history(apis[0], keys)
        faults = checks.check_versions(history) + check(administrator, writers, history) + tell(administrator, writers)
        faults += checks.check_members_agree(apis, *SPAN)
        for worker in workers:
            worker.close()
        return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=("kvd", "etcd"), default="kvd")
    parser.add_argument("--kills", type=int, default=int(os.environ.get("KVD_CHAOS_KILLS", "12")))
    options = parser.parse_args()
    faults = run(options.kind, options.kills)
    for fault in faults[:20]:
        print(fault, flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
