"""A stream of watches in bytes: with the fields that the installed stubs do not know, and every answer as it came."""

import queue
import threading
from dataclasses import dataclass

import wire
from api import grpc, identity, kv_pb2

NOPUT, NODELETE = 0, 1


@dataclass(frozen=True)
class Answer:
    """One WatchResponse."""

    watch_id: int = 0
    revision: int = 0  # the header's
    created: bool = False
    canceled: bool = False
    compact_revision: int = 0
    reason: str = ""
    fragment: bool = False
    events: tuple = ()  # of mvccpb.Event
    size: int = 0  # bytes of the message

    @property
    def is_progress(self) -> bool:
        """As Go's client tells it."""
        return not self.events and not self.canceled and not self.created and not self.compact_revision


def parse_answer(data: bytes) -> Answer:
    names = {2: "watch_id", 3: "created", 4: "canceled", 5: "compact_revision", 6: "reason", 7: "fragment"}
    seen, events = {"size": len(data)}, []
    for field, value in wire.decode(data):
        if field == 1:
            seen["revision"] = dict(wire.decode(value)).get(3, 0)
        elif field == 11:
            events.append(kv_pb2.Event.FromString(value))
        elif field in (3, 4, 7):
            seen[names[field]] = bool(value)
        elif field == 6:
            seen["reason"] = value.decode()
        else:
            seen[names[field]] = wire.signed(value)
    return Answer(events=tuple(events), **seen)


class Ended(Exception):
    """The stream is over: its status code and text."""

    def __init__(self, code: grpc.StatusCode, details: str):
        super().__init__(f"{code.name}: {details}")
        self.code, self.details = code, details


class WatchStream:
    """Requests go out in order; answers are taken one by one, with next() or by iteration, until Ended is raised.

    Nothing is read before the first is asked for.
    """

    def __init__(self, channel, metadata=()):
        self._requests, self._answers = queue.Queue(), queue.Queue()
        call = channel.stream_stream("/etcdserverpb.Watch/Watch", identity, identity)
        self._call = call(iter(self._requests.get, None), metadata=metadata)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reading = threading.Lock()

    def __enter__(self) -> "WatchStream":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def create(self, key: bytes, range_end=b"", start=0, progress_notify=False, filters=(), prev_kv=False,
               watch_id=0, fragment=False) -> None:
        body = wire.block(1, key) + wire.block(2, range_end) + wire.number(3, start)
        body += wire.number(4, progress_notify) + b"".join(wire.number(5, one) for one in filters)
        body += wire.number(6, prev_kv) + wire.number(7, watch_id) + wire.number(8, fragment)
        self.send(wire.block(1, body))

    def cancel(self, watch_id: int) -> None:
        self.send(wire.block(2, wire.number(1, watch_id)))

    def ask_progress(self) -> None:
        self.send(wire.block(3, b""))

    def send(self, request: bytes) -> None:
        self._requests.put(request)

    def half_close(self) -> None:
        self._requests.put(None)

    def next(self, timeout: float | None = 20.0) -> Answer:
        """The next answer; raises Ended, or queue.Empty when none comes in time."""
        with self._reading:
            if self._reader.ident is None:
                self._reader.start()
        answer = self._answers.get(timeout=timeout)
        if isinstance(answer, Exception):
            self._answers.put(answer)
            raise answer
        return answer

    def __iter__(self) -> "WatchStream":
        return self

    def __next__(self) -> Answer:
        return self.next(timeout=None)

    def is_silent(self, seconds: float) -> bool:
        """Nothing comes for so long."""
        try:
            self.next(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def close(self) -> None:
        self._call.cancel()
        self.half_close()
        with self._reading:
            if self._reader.ident is not None:
                self._reader.join()

    def _read(self) -> None:
        try:
            for data in self._call:
                self._answers.put(parse_answer(data))
            self._answers.put(Ended(grpc.StatusCode.OK, ""))
        except grpc.RpcError as error:
            self._answers.put(Ended(error.code(), error.details()))
