"""HTTP/2 frames by hand, right and wrong, over a bare socket."""

import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK, PADDED = 0x1, 0x4, 0x1, 0x8


def frame(kind: int, flags: int, stream: int, body: bytes = b"", length: int | None = None) -> bytes:
    """One frame; `length` lies about the body's."""
    size = len(body) if length is None else length
    return struct.pack(">I", size)[1:] + struct.pack(">BBI", kind, flags, stream) + body


def field(name: str, value: str) -> bytes:
    """A header field in HPACK's plainest form: literal, never indexed, no Huffman code."""
    def text(word: str) -> bytes:
        raw = word.encode()
        if len(raw) < 127:
            return bytes([len(raw)]) + raw
        rest, out = len(raw) - 127, bytearray([127])
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        return bytes(out) + bytes([rest]) + raw

    return b"\x10" + text(name) + text(value)


def request_head(path: str = "/etcdserverpb.KV/Range", **replaced: str) -> bytes:
    """The header block of a gRPC request; `replaced` by field name, _ for -, None to leave one out."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
              "content-type": "application/grpc", "te": "trailers"}
    for name, value in replaced.items():
        fields[name.replace("_", "-")] = value
    return b"".join(field(name, value) for name, value in fields.items() if value is not None)


class Connection:
    """A socket that has said the preface, unless told not to."""

    def __init__(self, port: int, hello: bool = True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.unread = bytearray()
        if hello:
            self.send(PREFACE + frame(SETTINGS, 0, 0))

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """False when the server had closed already, which it may at any byte."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def goaway_codes(self) -> set:
        """The codes of the farewells among what is there to read; it is read away."""
        codes, patience = set(), self.socket.gettimeout()
        self.socket.setblocking(False)
        try:
            while more := self.socket.recv(1 << 20):
                self.unread += more
        except OSError:
            pass
        self.socket.settimeout(patience)
        at = 0
        while len(self.unread) - at >= 9:
            size = int.from_bytes(self.unread[at : at + 3], "big")
            if len(self.unread) - at < 9 + size:
                break
            if self.unread[at + 3] == GOAWAY:
                codes.add(int.from_bytes(self.unread[at + 13 : at + 17], "big"))
            at += 9 + size
        del self.unread[:at]
        return codes

    def closed_within(self, seconds: float) -> bool:
        """Reads on until the server closes; false when it does not."""
        deadline = time.monotonic() + seconds
        self.socket.settimeout(0.2)
        while time.monotonic() < deadline:
            try:
                if not self.socket.recv(65536):
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
        return False

    def frames_within(self, seconds: float) -> list:
        """[(kind, flags, stream, body)] that came until the server closed or the time was over."""
        deadline, data = time.monotonic() + seconds, b""
        self.socket.settimeout(0.2)
        while time.monotonic() < deadline:
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not more:
                break
            data += more
        found = []
        while len(data) >= 9:
            size = int.from_bytes(data[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", data[3:9])
            found.append((kind, flags, stream, data[9 : 9 + size]))
            data = data[9 + size :]
        return found
