"""Locks and elections on both servers: who waits, who is next, and what each is told."""

import time

import grpc
import places
import wire
from random_requests import prefix_end
from random_watches import Difference

NAMES = [b"~lock/x", b"~lock/y"]
LOCK, UNLOCK = "/v3lockpb.Lock/Lock", "/v3lockpb.Lock/Unlock"
ELECTION = "/v3electionpb.Election/"
EXPIRED = "UNKNOWN: mutex: session is expired"
PATIENCE = 20 * places.time_scale()


def text_of(future) -> str:
    """The answer, its header told by its revision only."""
    try:
        fields = wire.decode(future.result())
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"
    revision = [dict(wire.decode(value)).get(3, 0) for number, value in fields if number == 1]
    return f"revision {revision} {[pair for pair in fields if pair[0] != 1]}"


class Waiting:
    """A call that waits for its turn at both servers."""

    def __init__(self, title: str, name: bytes, lease: int, futures: dict):
        self.title, self.name, self.lease, self.futures = title, name, lease, futures
        self.since = 0  # the create revision of its key

    @property
    def key(self) -> bytes:
        return self.name + b"/%x" % self.lease


class Recipes:
    """`sides` are GrpcSides by kind."""

    def __init__(self, sides: dict, random):
        self.sides, self.random, self.waiting, self.leaders = sides, random, [], []

    def step(self, lease: int) -> str:
        name, kind = self.random.choice(NAMES), self.random.random()
        if kind < 0.3:
            return self._wait_for_turn(LOCK, name, lease, b"")
        if kind < 0.55:
            return self._wait_for_turn(ELECTION + "Campaign", name, lease, wire.block(3, b"%d" % len(self.leaders)))
        if kind < 0.65:
            return self._at_once(UNLOCK, wire.block(1, name + b"/%x" % lease))
        if kind < 0.7:
            return self._give_up()
        if kind < 0.8:
            return self._at_once(ELECTION + "Leader", wire.block(1, name))
        leader = self._leader(name, lease)
        if kind < 0.9:
            return self._at_once(ELECTION + "Proclaim", leader + wire.block(2, b"new"))
        return self._at_once(ELECTION + "Resign", leader)

    def _leader(self, name: bytes, lease: int) -> bytes:
        """The field `leader`: one that a campaign gave, one that is made up, or none."""
        kind = self.random.random()
        if self.leaders and kind < 0.8:
            return wire.block(1, self.random.choice(self.leaders))
        if kind < 0.9:
            key = name + b"/%x" % lease
            return wire.block(1, wire.block(1, name) + wire.block(2, key) + wire.number(3, 2) + wire.number(4, lease))
        return b""

    def _begin(self, method: str, request: bytes) -> dict:
        return {kind: side.begin_raw(method, request) for kind, side in self.sides.items()}

    def _compare(self, title: str, futures: dict) -> None:
        texts = {kind: text_of(future) for kind, future in futures.items()}
        if texts["etcd"] != texts["kvd"]:
            raise Difference(f"{title}:\n  etcd {texts['etcd']}\n  kvd  {texts['kvd']}")

    def _at_once(self, method: str, request: bytes) -> str:
        title = f"{method} {request!r}"
        self._compare(title, self._begin(method, request))
        return title

    def _wait_for_turn(self, method: str, name: bytes, lease: int, more: bytes) -> str:
        request = wire.block(1, name) + wire.number(2, lease) + more
        title = f"{method} {name!r} of lease {lease}"
        call = Waiting(title, name, lease, self._begin(method, request))
        deadline = time.monotonic() + PATIENCE
        for kind, side in self.sides.items():
            while not call.futures[kind].done():
                queue = self._queue(side, name)
                if call.key in queue:
                    call.since = queue[call.key]
                    if call.since > min(queue.values()):
                        break
                if time.monotonic() > deadline:
                    raise Difference(f"{kind}: {title} is neither answered nor in the queue {queue}")
                time.sleep(0.001)
        if self._is_due(call):
            self._end(call)
        else:
            self.waiting.append(call)
        return title

    def _queue(self, side, name: bytes) -> dict:
        found = side.api.range(name + b"/", range_end=prefix_end(name + b"/"), timeout=PATIENCE).kvs
        return {kv.key: kv.create_revision for kv in found}

    def _is_due(self, call: Waiting) -> bool:
        """Nobody is before it in the queue."""
        return not call.since or all(since >= call.since for since in self._queue(self.sides["etcd"], call.name).values())

    def _end(self, call: Waiting) -> None:
        key_is_gone = call.since and self._queue(self.sides["etcd"], call.name).get(call.key) != call.since
        if key_is_gone and text_of(call.futures["kvd"]) == EXPIRED:
            return  # 3.4 tells one whose lease ended in the queue that its turn has come; newer ones, at locks, do not
        self._compare(call.title, call.futures)
        if "Campaign" in call.title and not call.futures["kvd"].exception():
            self.leaders.append(dict(wire.decode(call.futures["kvd"].result()))[2])

    def _give_up(self) -> str:
        """A client that waits goes away: its key goes too."""
        alone = [one for one in self.waiting if sum(other.key == one.key for other in self.waiting) == 1]
        if not alone:
            return "nobody gives up"
        call = self.random.choice(alone)
        self.waiting.remove(call)
        deadline = time.monotonic() + PATIENCE
        for kind, side in self.sides.items():
            call.futures[kind].cancel()
            while call.key in self._queue(side, call.name):
                if time.monotonic() > deadline:
                    raise Difference(f"{kind}: the key of {call.title} stays when its client has left")
                time.sleep(0.001)
        return f"gives up {call.title}"

    def settle(self) -> None:
        """Whoever's turn has come is told so."""
        due = [call for call in self.waiting if self._is_due(call)]
        self.waiting = [call for call in self.waiting if call not in due]
        for call in due:
            self._end(call)
