"""Concurrent clients who write down what they asked and what they were told."""

import itertools
import random
import threading
import time
from dataclasses import dataclass

from api import Api, grpc

# Both say for certain that the write did not happen: the request was refused before it was proposed.
REFUSED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)
CALL_SECONDS = 2.0


@dataclass
class Operation:
    """One call. A write whose answer never came stays without `done`: it may have happened, or may yet."""

    kind: str  # put, put-if, get
    key: bytes
    value: bytes  # written, or read
    asked: float
    done: float | None = None
    revision: int = 0  # of the write, or of what was read; 0: the key was absent
    store_revision: int = 0  # of the answer's header
    applied: bool = True  # false for a conditional put whose condition did not hold


class Client(threading.Thread):
    """Puts, conditional puts and linearizable reads on shared keys, moving to the next server on an error."""

    def __init__(self, number: int, endpoints: list, keys: list, pause: float):
        super().__init__(name=f"client-{number}", daemon=True)
        self.number, self.keys, self.pause = number, keys, pause
        self.random = random.Random(number)
        self.apis = [Api(endpoint) for endpoint in endpoints]
        self.at = number % len(endpoints)
        self.serials = itertools.count(1)
        self.operations = []
        self.errors = {}
        self.stopping = threading.Event()
        self.fault = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self._one()
                if self.pause:
                    time.sleep(self.pause)
        except Exception as error:  # a fault of the test, shown by the main thread
            self.fault = error

    def stop(self) -> None:
        self.stopping.set()

    def close(self) -> None:
        for api in self.apis:
            api.channel.close()

    def _one(self) -> None:
        key = self.random.choice(self.keys)
        value = b"%d:%d" % (self.number, next(self.serials))
        kind = self.random.choices(("put", "put-if", "get"), (5, 2, 3))[0]
        operation = Operation(kind, key, b"" if kind == "get" else value, time.monotonic())
        try:
            getattr(self, "_" + kind.replace("-", "_"))(self.apis[self.at], operation)
            operation.done = time.monotonic()
        except grpc.RpcError as error:
            self.errors[error.code().name] = self.errors.get(error.code().name, 0) + 1
            self.at = (self.at + 1) % len(self.apis)
            if kind == "get" or error.code() in REFUSED:
                return
            time.sleep(0.01)
        self.operations.append(operation)

    def _put(self, api: Api, operation: Operation) -> None:
        answer = api.put(operation.key, operation.value, timeout=CALL_SECONDS)
        operation.revision = operation.store_revision = answer.header.revision

    def _get(self, api: Api, operation: Operation) -> None:
        answer = api.range(operation.key, timeout=CALL_SECONDS)
        operation.store_revision = answer.header.revision
        if answer.kvs:
            operation.value, operation.revision = answer.kvs[0].value, answer.kvs[0].mod_revision

    def _put_if(self, api: Api, operation: Operation) -> None:
        seen = api.range(operation.key, timeout=CALL_SECONDS, serializable=True)
        at = seen.kvs[0].mod_revision if seen.kvs else 0
        operation.asked = time.monotonic()
        answer = api.put_if(operation.key, operation.value, at, timeout=CALL_SECONDS)
        operation.store_revision = answer.header.revision
        operation.applied = answer.succeeded
        operation.revision = answer.header.revision if answer.succeeded else 0
