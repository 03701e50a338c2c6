"""The services of locks and elections, call by call."""

from etcd3.etcdrpc import rpc_pb2 as pb

import wire
from api import Api
from random_recipes import ELECTION, LOCK, UNLOCK, text_of

PATIENCE = 60


class Recipe:
    """Each call is a step."""

    def __init__(self, transcript, api):
        self.transcript, self.api = transcript, api

    def __call__(self, method: str, request: bytes) -> None:
        self.transcript.add(f"{method} {request!r}", answer=text_of(self.begin(method, request)))

    def begin(self, method: str, request: bytes):
        return self.api.begin_raw(method, request, timeout=PATIENCE)

    def keys(self, name: bytes) -> None:
        found = self.api.range(name + b"/", range_end=name + b"0", timeout=PATIENCE).kvs
        self.transcript.add(f"keys of {name!r}", answer=[(kv.key, kv.value, kv.create_revision, kv.version) for kv in found])


def recipe_steps(transcript, server) -> None:
    with Api(server.endpoint) as api:
        ask = Recipe(transcript, api)
        for lease in (1, 2, -3):
            api.lease.LeaseGrant(pb.LeaseGrantRequest(ID=lease, TTL=600), timeout=PATIENCE)
        one_lease_in_both(ask)
        elections(ask)


def place(name: bytes, lease: int) -> bytes:
    return wire.block(1, name) + wire.number(2, lease)


def one_lease_in_both(ask) -> None:
    """A lock is taken by whoever stands there already, and what its key says stays; a campaign says it anew."""
    ask(ELECTION + "Campaign", place(b"r/both", 1) + wire.block(3, b"said"))
    ask(LOCK, place(b"r/both", 1))
    ask.keys(b"r/both")
    ask(ELECTION + "Campaign", place(b"r/both", 1) + wire.block(3, b"said anew"))
    ask(ELECTION + "Campaign", place(b"r/both", 1))
    ask.keys(b"r/both")
    ask(UNLOCK, wire.block(1, b"r/both/1"))
    ask(UNLOCK, wire.block(1, b"r/both/1"))
    ask(UNLOCK, b"")
    ask(LOCK, place(b"r/below zero", -3))


def elections(ask) -> None:
    ask(ELECTION + "Leader", wire.block(1, b"r/e"))
    ask(ELECTION + "Campaign", place(b"r/e", 2) + wire.block(3, b"me"))
    ask(ELECTION + "Leader", wire.block(1, b"r/e"))
    found = ask.api.range(b"r/e/2", timeout=PATIENCE).kvs[0].create_revision
    for revision in (found, found - 1):
        leader = wire.block(1, b"r/e") + wire.block(2, b"r/e/2") + wire.number(3, revision) + wire.number(4, 2)
        ask(ELECTION + "Proclaim", wire.block(1, leader) + wire.block(2, b"still me"))
        ask(ELECTION + "Resign", wire.block(1, leader))
    ask(ELECTION + "Proclaim", b"")
    ask(ELECTION + "Resign", b"")
    ask.keys(b"r/e")
