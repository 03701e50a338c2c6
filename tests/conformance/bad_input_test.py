#!/usr/bin/env python3
"""What strangers send to the open ports of a running server: it says no, stays, and loses nothing."""

import gzip
import os
import random
import socket
import struct
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
import raw_http2 as h2  # noqa: E402
import wire  # noqa: E402
from api import Api, grpc, rpc_pb2  # noqa: E402
from cluster import Cluster  # noqa: E402
from watching import WatchStream  # noqa: E402

CANARIES = 50
CLOSE_SECONDS = 10
PREFIX_LIE = b"\x00\xff\xff\xff\xff"  # a gRPC message of four gigabytes


class Besieged(unittest.TestCase):
    """A cluster with something in it, which every test finds and leaves well."""

    SIZE = 1

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("kvd", cls.SIZE)
        cls.cluster.start()
        cls.server = cls.cluster.servers[0]
        cls.patience = CLOSE_SECONDS * places.time_scale()
        with Api(cls.server.endpoint) as api:
            for number in range(CANARIES):
                api.put(b"canary/%02d" % number, b"alive %d" % number, timeout=30)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None, None, None)

    def tearDown(self):
        self.assert_all_is_well()

    def assert_all_is_well(self):
        for server in self.cluster.servers:
            self.assertTrue(server.is_running(), f"{server.name} has died\n{server.log_tail()}")
            with Api(server.endpoint) as api:
                api.put(b"after", b"the attack", timeout=30)
                found = api.range(b"canary/", range_end=b"canary0", timeout=30).kvs
        self.assertEqual([kv.value for kv in found], [b"alive %d" % n for n in range(CANARIES)])

    def connect(self, hello=True):
        return h2.Connection(self.server.client_port, hello)


class BrokenHttp2(Besieged):
    def assert_refused(self, data: bytes, hello=True):
        """The connection is closed, and said goodbye where HTTP/2 has words for it."""
        with self.connect(hello) as connection:
            connection.send(data)
            self.assertTrue(connection.closed_within(self.patience), "the connection stays open")

    def test_noise(self):
        noise = random.Random(1)
        for size in (1, 24, 1000, 100000):
            with self.connect(hello=False) as connection:
                connection.send(noise.randbytes(size))

    def test_noise_after_the_preface(self):
        self.assert_refused(h2.PREFACE + random.Random(2).randbytes(65536), hello=False)

    def test_frame_longer_than_allowed(self):
        self.assert_refused(h2.frame(h2.DATA, 0, 1, b"", length=0xFFFFFF))

    def test_frame_that_never_ends(self):
        with self.connect() as connection:
            connection.send(h2.frame(h2.HEADERS, h2.END_HEADERS, 1, b"\x00", length=5000))

    def test_settings_of_the_wrong_length(self):
        self.assert_refused(h2.frame(h2.SETTINGS, 0, 0, b"12345"))

    def test_settings_on_a_stream(self):
        self.assert_refused(h2.frame(h2.SETTINGS, 0, 3))

    def test_settings_that_are_forbidden(self):
        self.assert_refused(h2.frame(h2.SETTINGS, 0, 0, struct.pack(">HI", 4, 0xFFFFFFFF)))

    def test_headers_on_an_even_stream(self):
        self.assert_refused(h2.frame(h2.HEADERS, h2.END_HEADERS, 2, h2.request_head()))

    def test_headers_that_hpack_does_not_know(self):
        self.assert_refused(h2.frame(h2.HEADERS, h2.END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff"))

    def test_data_on_a_stream_that_nobody_opened(self):
        self.assert_refused(h2.frame(h2.DATA, 0, 7, b"hello"))

    def test_push_from_a_client(self):
        self.assert_refused(h2.frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, struct.pack(">I", 2)))

    def test_window_that_overflows(self):
        grow = h2.frame(h2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7FFFFFFF))
        self.assert_refused(grow + grow)

    def test_padding_longer_than_the_frame(self):
        self.assert_refused(h2.frame(h2.HEADERS, h2.END_HEADERS | h2.PADDED, 1, b"\xff" + h2.request_head()))

    def test_continuation_without_headers(self):
        self.assert_refused(h2.frame(h2.CONTINUATION, 0, 1, h2.request_head()))

    def test_other_frame_amid_headers(self):
        self.assert_refused(h2.frame(h2.HEADERS, 0, 1, h2.request_head()) + h2.frame(h2.PING, 0, 0, bytes(8)))

    def test_ping_of_the_wrong_length(self):
        self.assert_refused(h2.frame(h2.PING, 0, 0, b"short"))

    def test_endless_continuations(self):
        with self.connect() as connection:
            connection.send(h2.frame(h2.HEADERS, 0, 1, h2.request_head()))
            part = h2.frame(h2.CONTINUATION, 0, 1, h2.field("x-padding", "y" * 8000))
            for _ in range(2000):
                if not connection.send(part):
                    break
            self.assertTrue(connection.closed_within(self.patience))

    def test_streams_opened_and_dropped(self):
        with self.connect() as connection:
            for stream in range(1, 40001, 2):
                opened = h2.frame(h2.HEADERS, h2.END_HEADERS, stream, h2.request_head())
                if not connection.send(opened + h2.frame(h2.RST_STREAM, 0, stream, struct.pack(">I", 8))):
                    break

    def test_floods_of_pings_and_settings(self):
        for flood in (h2.frame(h2.PING, 0, 0, bytes(8)), h2.frame(h2.SETTINGS, 0, 0)):
            with self.connect() as connection:
                for _ in range(200):
                    if not connection.send(flood * 100):
                        break

    def test_many_idle_connections(self):
        idle = [self.connect(hello=number % 2 == 0) for number in range(200)]
        self.assert_all_is_well()
        for connection in idle:
            connection.socket.close()


class BrokenGrpc(Besieged):
    def answer_to(self, head: bytes, body: bytes = b"", end=True) -> bytes:
        """All the header blocks that came back for one request, undecoded: enough to find texts in."""
        flags = h2.END_HEADERS | (0 if body or not end else h2.END_STREAM)
        with self.connect() as connection:
            connection.send(h2.frame(h2.HEADERS, flags, 1, head))
            if body:
                connection.send(h2.frame(h2.DATA, h2.END_STREAM if end else 0, 1, body))
            return b"".join(f[3] for f in connection.frames_within(1.0) if f[0] == h2.HEADERS and f[2] == 1)

    def status_of(self, method: str, request: bytes):
        with Api(self.server.endpoint) as api:
            try:
                api.raw(method, request, timeout=30)
            except grpc.RpcError as error:
                return error.code(), error.details()
        return grpc.StatusCode.OK, ""

    def test_message_that_claims_four_gigabytes(self):
        self.assertTrue(self.answer_to(h2.request_head(), PREFIX_LIE + b"x" * 100, end=False))

    def test_message_cut_short(self):
        self.assertTrue(self.answer_to(h2.request_head(), b"\x00\x00\x00\x00\x0aabc"))

    def test_no_message_at_all(self):
        self.assertTrue(self.answer_to(h2.request_head()))

    def test_compressed_with_nothing_agreed(self):
        self.assertTrue(self.answer_to(h2.request_head(), b"\x01\x00\x00\x00\x03abc"))

    def test_gzip_that_is_none(self):
        self.assertTrue(self.answer_to(h2.request_head(grpc_encoding="gzip"), b"\x01\x00\x00\x00\x03abc"))

    def test_gzip_bomb(self):
        bomb = gzip.compress(bytes(64 << 20))
        body = b"\x01" + struct.pack(">I", len(bomb)) + bomb
        head = h2.request_head("/etcdserverpb.KV/Put", grpc_encoding="gzip")
        with self.connect() as connection:
            connection.send(h2.frame(h2.HEADERS, h2.END_HEADERS, 1, head))
            for at in range(0, len(body), 16000):
                last = at + 16000 >= len(body)
                if not connection.send(h2.frame(h2.DATA, h2.END_STREAM if last else 0, 1, body[at : at + 16000])):
                    break
            connection.frames_within(1.0)

    def test_other_content_type(self):
        self.assertTrue(self.answer_to(h2.request_head(content_type="text/plain"), b"hello"))

    def test_timeouts_that_are_none(self):
        for timeout in ("soon", "-1S", "99999999999999H", ""):
            self.assertTrue(self.answer_to(h2.request_head(grpc_timeout=timeout), b"\x00\x00\x00\x00\x00"))

    def test_protobuf_that_does_not_parse(self):
        for request in (b"\xff" * 10, b"\x0a\x7fshort", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x80"):
            code, text = self.status_of("/etcdserverpb.KV/Put", request)
            self.assertEqual(code, grpc.StatusCode.INTERNAL, text)
            self.assertIn("unmarshal", text)

    def test_transaction_nested_without_end(self):
        # Each level is a TxnRequest with one RequestOp that holds the next: deeper than any parser should go.
        request = b""
        for _ in range(5000):
            request = wire.block(2, wire.block(4, request))
        code, _ = self.status_of("/etcdserverpb.KV/Txn", request)
        self.assertIn(code, (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT))

    def test_sort_options_out_of_range(self):
        for option in (5, 6):
            request = wire.block(1, b"canary/") + wire.number(option, 9)
            self.assertEqual(self.status_of("/etcdserverpb.KV/Range", request),
                             (grpc.StatusCode.INVALID_ARGUMENT, "etcdserver: invalid sort option"))

    def test_oversized_requests(self):
        with Api(self.server.endpoint) as api:
            with self.assertRaises(grpc.RpcError) as caught:
                api.put(b"big", b"x" * 1_600_000, timeout=30)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            self.assertEqual(caught.exception.details(), "etcdserver: request is too large")
            with self.assertRaises(grpc.RpcError) as caught:
                api.put(b"big", b"x" * 50_000_000, timeout=60)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIn("received message larger than max", caught.exception.details())
            self.assertEqual(len(api.range(b"big", timeout=30).kvs), 0)

    def test_client_that_reads_nothing(self):
        with Api(self.server.endpoint) as api:
            for number in range(20):
                api.put(b"heavy/%d" % number, b"x" * 1_000_000, timeout=30)
        message = wire.block(1, b"heavy/") + wire.block(2, b"heavy0")
        ask = b"\x00" + struct.pack(">I", len(message)) + message
        hungry = []
        for _ in range(5):
            connection = self.connect()
            for stream in range(1, 21, 2):
                connection.send(h2.frame(h2.HEADERS, h2.END_HEADERS, stream, h2.request_head()))
                connection.send(h2.frame(h2.DATA, h2.END_STREAM, stream, ask))
            hungry.append(connection)
        self.assert_all_is_well()
        for connection in hungry:
            connection.socket.close()
        with Api(self.server.endpoint) as api:
            api.kv.DeleteRange(rpc_pb2.DeleteRangeRequest(key=b"heavy/", range_end=b"heavy0"), timeout=30)

    def test_clients_that_watch_and_read_nothing(self):
        """Each would hold all 40 MB if they were kept for it; the one who reads late misses nothing."""
        message = wire.block(1, wire.block(1, b"heavy/") + wire.block(2, b"heavy0"))
        ask = b"\x00" + struct.pack(">I", len(message)) + message
        deaf = []
        for _ in range(20):
            deaf.append(self.connect())
            deaf[-1].send(h2.frame(h2.HEADERS, h2.END_HEADERS, 1, h2.request_head("/etcdserverpb.Watch/Watch")))
            deaf[-1].send(h2.frame(h2.DATA, 0, 1, ask))
        with Api(self.server.endpoint) as api, Api(self.server.endpoint) as other, \
                WatchStream(other.channel) as late, WatchStream(api.channel) as prompt:
            for stream in (late, prompt):
                stream.create(key=b"heavy/", range_end=b"heavy0")
                self.assertTrue(next(stream).created)
            before = self.resident_bytes()
            for number in range(40):
                api.put(b"heavy/%d" % (number % 3), b"%02d" % number + b"x" * 1_000_000, timeout=30)
                self.assertEqual(next(prompt).events[0].kv.value[:2], b"%02d" % number)
            if places.time_scale() == 1:
                self.assertLess(self.resident_bytes() - before, 400 << 20)
            seen = []  # it is caught up from history, several revisions at a time
            while len(seen) < 40:
                seen += [event.kv.value[:2] for event in next(late).events]
            self.assertEqual(seen, [b"%02d" % number for number in range(40)])
        for connection in deaf:
            connection.socket.close()
        with Api(self.server.endpoint) as api:
            api.kv.DeleteRange(rpc_pb2.DeleteRangeRequest(key=b"heavy/", range_end=b"heavy0"), timeout=30)

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.server.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) << 10

    def answer_in_http(self, connection) -> int:
        """The status; the connection is closed behind it."""
        connection.socket.settimeout(self.patience)
        said = b""
        while more := connection.socket.recv(65536):
            said += more
        self.assertTrue(said.startswith(b"HTTP/1.1 "), said[:80])
        return int(said[9:12])

    def test_http_of_all_sorts(self):
        for status, request in ((400, b"GET / HTTP/9.9\r\n\r\n"), (431, b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n"),
                                (413, b"POST /v3/kv/put HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n{"),
                                (431, b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 50000 + b"\r\n"),
                                (400, b"\r\n\r\n\r\n"), (400, b"NONSENSE\r\n\r\n"), (400, b"\x16\x03\x01")):
            with self.connect(hello=False) as connection:
                connection.send(request)
                self.assertEqual(self.answer_in_http(connection), status, request[:40])
        self.assertEqual(self.server.http("/health")[0], 200)
        self.assertEqual(self.server.http("/no/such/page")[0], 404)


class BrokenPeers(Besieged):
    """Three members; strangers come to the port that only members should know."""

    SIZE = 3

    def send(self, data: bytes, server=None, expect_close=True):
        port = (server or self.server).peer_port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
            stranger.settimeout(self.patience)
            try:
                stranger.sendall(data)
                if expect_close:
                    self.assertEqual(stranger.recv(1), b"", "the stranger was answered")
            except (ConnectionResetError, BrokenPipeError):
                pass

    def peer_frame(self, kind=3, length=None, body=b"", magic=b"KVRP", checksum=0):
        size = len(body) if length is None else length
        return magic + bytes([kind, 0, 0, 0]) + struct.pack("<IQ", size, checksum) + body

    def test_noise(self):
        noise = random.Random(3)
        for server in self.cluster.servers:
            for size in (20, 64, 1024, 100000):
                self.send(noise.randbytes(size), server)

    def test_frames_that_lie_about_their_length(self):
        for length in (0xFFFFFFFF, 0x7FFFFFFF, 84934657, 1025):
            for kind in (1, 2, 3):
                self.send(self.peer_frame(kind, length, b"x" * 64))

    def test_frames_of_unknown_kind(self):
        for kind in (0, 4, 255):
            self.send(self.peer_frame(kind, body=bytes(32)))

    def test_hello_with_a_wrong_checksum(self):
        self.send(self.peer_frame(1, body=struct.pack("<IIQQQ", 1, 1, 7, 8, 9), checksum=1))

    def test_hello_cut_short(self):
        self.send(self.peer_frame(1, length=32, body=bytes(10)), expect_close=False)

    def test_other_protocols(self):
        for hello in (b"GET /members HTTP/1.1\r\nHost: x\r\n\r\n", h2.PREFACE, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"):
            self.send(hello + bytes(64))

    def test_many_silent_strangers(self):
        silent = [socket.create_connection(("127.0.0.1", self.server.peer_port)) for _ in range(300)]
        self.assert_all_is_well()
        for stranger in silent:
            stranger.close()

    def test_descriptors_come_back(self):
        def descriptors() -> int:
            return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

        before = descriptors()
        for _ in range(300):
            self.send(b"KV", expect_close=False)
        deadline = time.monotonic() + 3 * self.patience
        while descriptors() > before + 20 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertLessEqual(descriptors(), before + 20)


if __name__ == "__main__":
    unittest.main(verbosity=1)
