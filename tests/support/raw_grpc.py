"""gRPC over bare sockets, many connections by one thread: what thousands of clients say, and when they read."""

import selectors
import socket
import struct
import time

import wire

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
INITIAL_WINDOW = 4
DEFAULT_WINDOW = 65535
WATCH = "/etcdserverpb.Watch/Watch"


def frame(kind: int, flags: int, stream: int, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


def head(path: str) -> bytes:
    """A request's header block in HPACK's plainest form: literal, never indexed, no Huffman code."""
    fields = ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
              ("content-type", "application/grpc"), ("te", "trailers"))
    return b"".join(b"\x10" + bytes([len(n)]) + n.encode() + bytes([len(v)]) + v.encode() for n, v in fields)


def message(body: bytes) -> bytes:
    return b"\0" + struct.pack(">I", len(body)) + body


class Client:
    """One connection. `said(stream, bytes)` is called with every message that comes; windows are given back as it is read."""

    def __init__(self, port: int, said, window: int = 1 << 20):
        self.said, self.ended = said, set()
        self._greeted = False
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.next_stream = 1
        self._bytes, self._messages = bytearray(), {}
        self._window, self._read = window, 0
        settings = frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, window))
        more = window - DEFAULT_WINDOW
        self.send(PREFACE + settings + (frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", more)) if more > 0 else b""))
        while not self._greeted:  # from then on much may be sent at once
            if not self.read():
                raise ConnectionError("the server closed before it said anything")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def call(self, path: str, *bodies: bytes, ends: bool = True) -> int:
        """Opens a stream with these messages; its number."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.send(frame(HEADERS, END_HEADERS, stream, head(path)) + self._data(stream, bodies, ends))
        return stream

    def calls(self, path: str, bodies: list) -> None:
        """Many unary calls at once, in few writes."""
        block, out = head(path), []
        for body in bodies:
            out.append(frame(HEADERS, END_HEADERS, self.next_stream, block) + self._data(self.next_stream, (body,), True))
            self.next_stream += 2
        self.send(b"".join(out))

    def say(self, stream: int, *bodies: bytes) -> None:
        self.send(self._data(stream, bodies, False))

    @staticmethod
    def _data(stream: int, bodies: tuple, ends: bool) -> bytes:
        joined = b"".join(map(message, bodies))
        cut = [joined[at : at + 16384] for at in range(0, len(joined), 16384)] or [b""]
        return b"".join(
            frame(DATA, END_STREAM if ends and number == len(cut) else 0, stream, part)
            for number, part in enumerate(cut, 1)
        )

    def read(self) -> bool:
        """What is there is taken in; false when the server has closed."""
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            return True
        except OSError:
            return False
        self._bytes += data
        at, read = 0, {}
        while len(self._bytes) - at >= 9:
            size = int.from_bytes(self._bytes[at : at + 3], "big")
            if len(self._bytes) - at < 9 + size:
                break
            kind, flags, stream = struct.unpack(">BBI", self._bytes[at + 3 : at + 9])
            self._take(kind, flags, stream, bytes(self._bytes[at + 9 : at + 9 + size]), read)
            at += 9 + size
        del self._bytes[:at]
        self._give_back(read)
        return bool(data)

    def _take(self, kind: int, flags: int, stream: int, body: bytes, read: dict) -> None:
        if kind == DATA:
            read[stream] = read.get(stream, 0) + len(body)
            self._take_data(stream, body)
        elif kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK, 0))
            self._greeted = True
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, body))
        elif kind == RST_STREAM or (kind == HEADERS and flags & END_STREAM):
            self.ended.add(stream)

    def _take_data(self, stream: int, body: bytes) -> None:
        buffer = self._messages.setdefault(stream, bytearray())
        buffer += body
        at = 0
        while len(buffer) - at >= 5:
            size = int.from_bytes(buffer[at + 1 : at + 5], "big")
            if len(buffer) - at < 5 + size:
                break
            self.said(stream, bytes(buffer[at + 5 : at + 5 + size]))
            at += 5 + size
        del buffer[:at]

    def _give_back(self, read: dict) -> None:
        self._read += sum(read.values())
        # The connection's window in steps; a stream's at once, as few bytes come on most of them.
        out = [frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size)) for stream, size in read.items()
               if size and stream not in self.ended]
        if self._read >= self._window // 2:
            out.append(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", self._read)))
            self._read = 0
        if out:
            try:
                self.send(b"".join(out))
            except OSError:
                pass

    def close(self) -> None:
        self.socket.close()


class Crowd:
    """Clients that are read by one thread."""

    def __init__(self):
        self.clients, self._selector = [], selectors.DefaultSelector()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_) -> None:
        for client in self.clients:
            client.close()
        self._selector.close()

    def add(self, client: Client) -> Client:
        self.clients.append(client)
        self._selector.register(client.socket, selectors.EVENT_READ, client)
        return client

    def read_until(self, is_so, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"after {seconds:.0f} s: not {what}")
            self.read_once(0.2)

    def read_once(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if not key.data.read():
                raise AssertionError("the server has closed a connection")


def create_watch(key: bytes, range_end: bytes = b"", start: int = 0, prev_kv: bool = False, watch_id: int = 0) -> bytes:
    body = wire.block(1, key) + wire.block(2, range_end) + wire.number(3, start) + wire.number(6, prev_kv)
    return wire.block(1, body + wire.number(7, watch_id))


ASK_PROGRESS = wire.block(3, b"")
