"""One Watch stream by grpcio: requests in bytes where the installed stubs are older than the API."""

import queue

import wire
from api import Api, grpc, identity, rpc_pb2

WATCH = "/etcdserverpb.Watch/Watch"


class WatchStream:
    """Iterate it for the answers; a failure of the stream is raised there."""

    def __init__(self, api: Api, metadata: tuple = ()):
        self._requests = queue.SimpleQueue()
        stream = api.channel.stream_stream(WATCH, identity, rpc_pb2.WatchResponse.FromString)
        self._call = stream(iter(self._requests.get, None), metadata=metadata)

    def __enter__(self) -> "WatchStream":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __iter__(self):
        return iter(self._call)

    def __next__(self):
        return next(self._call)

    def create(self, watch_id: int = 0, fragment: bool = False, **fields) -> None:
        create = rpc_pb2.WatchCreateRequest(**fields).SerializeToString()
        if watch_id:
            create += wire.number(7, watch_id)
        if fragment:
            create += wire.number(8, 1)
        self.send(wire.block(1, create))

    def cancel(self, watch_id: int) -> None:
        self.send(wire.block(2, wire.number(1, watch_id)))

    def ask_progress(self) -> None:
        self.send(wire.block(3, b""))

    def send(self, request: bytes) -> None:
        self._requests.put(request)

    def half_close(self) -> None:
        self._requests.put(None)

    def close(self) -> None:
        self._requests.put(None)
        self._call.cancel()

    def code(self):
        """How the stream ended; waits for that."""
        return self._call.code(), self._call.details()


def is_fragment(answer) -> bool:
    """Whether more of the same revision follows: field 7, which the stubs do not know."""
    return (7, 1) in wire.decode(answer.SerializeToString())


__all__ = ["WatchStream", "grpc", "is_fragment"]
