#!/usr/bin/env python3
"""grpcio, the reference implementation, against our server. Usage: grpcio_test.py ECHO_SERVER"""

import subprocess
import sys
import time
import unittest
import urllib.request

import grpc

PATIENCE = 20
SERVER = None
PORT = 0


def same(value):
    return value


class GrpcioTest(unittest.TestCase):
    def setUp(self):
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{PORT}",
            options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
        )

    def tearDown(self):
        self.channel.close()

    def unary(self, method, request, **options):
        call = self.channel.unary_unary(f"/test.Echo/{method}", same, same)
        return call(request, timeout=options.pop("timeout", PATIENCE), **options)

    def failure(self, method, request, **options):
        with self.assertRaises(grpc.RpcError) as caught:
            self.unary(method, request, **options)
        return caught.exception

    def test_unary(self):
        self.assertEqual(self.unary("Unary", b"hello"), b"hello")
        self.assertEqual(self.unary("Unary", b""), b"")
        self.assertEqual(self.unary("Elsewhere", b"from another thread"), b"from another thread")

    def test_large_messages(self):
        request = bytes(range(256)) * 8000
        self.assertEqual(self.unary("Unary", request), request)

    def test_message_over_the_limit(self):
        error = self.failure("Unary", b"x" * 2097153)
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertEqual(error.details(), "grpc: received message larger than max (2097153 vs. 2097152)")

    def test_error_text(self):
        text = "100% größer\nnext line"
        error = self.failure("Fail", b"\x09" + text.encode())
        self.assertEqual(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertEqual(error.details(), text)

    def test_unknown_method(self):
        error = self.failure("Nothing", b"")
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(error.details(), "unknown method Nothing for service test.Echo")

    def test_metadata(self):
        answer = self.unary("Metadata", b"", metadata=[("token", "abc"), ("raw-bin", b"\x00\xff,")])
        self.assertEqual(answer, b"token=abc;raw-bin=\x00\xff,;")

    def test_deadline(self):
        began = time.monotonic()
        error = self.failure("Hang", b"", timeout=0.2)
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertLess(time.monotonic() - began, PATIENCE)

    def test_gzip(self):
        request = b"compressible " * 1000
        answer = self.unary("Unary", request, compression=grpc.Compression.Gzip)
        self.assertEqual(answer, request)

    def test_deflate_is_refused(self):
        error = self.failure("Unary", b"compressible " * 1000, compression=grpc.Compression.Deflate)
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_bidirectional_stream(self):
        chat = self.channel.stream_stream("/test.Echo/Chat", same, same)
        requests = [f"message {i}".encode() for i in range(200)]
        self.assertEqual(list(chat(iter(requests), timeout=PATIENCE)), requests)

    def test_client_stream(self):
        count = self.channel.stream_unary("/test.Echo/Count", same, same)
        self.assertEqual(count(iter([b"a"] * 9), timeout=PATIENCE), b"9")

    def test_server_stream_with_flow_control(self):
        flood = self.channel.unary_stream("/test.Echo/Flood", same, same)
        sizes = [len(message) for message in flood(b"30", timeout=PATIENCE)]
        self.assertEqual(sizes, [1 << 20] * 30)

    def test_cancelled_stream(self):
        flood = self.channel.unary_stream("/test.Echo/Flood", same, same)
        call = flood(b"1000", timeout=PATIENCE)
        next(call)
        call.cancel()
        self.assertEqual(self.unary("Unary", b"after"), b"after")

    def test_many_calls_at_once(self):
        call = self.channel.unary_unary("/test.Echo/Elsewhere", same, same)
        futures = [call.future(str(i).encode(), timeout=PATIENCE) for i in range(500)]
        self.assertEqual([f.result() for f in futures], [str(i).encode() for i in range(500)])

    def test_http_on_the_same_port(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/echo", data=b"body", timeout=PATIENCE) as answer:
            self.assertEqual(answer.read(), b"POST body")


if __name__ == "__main__":
    SERVER = subprocess.Popen([sys.argv.pop(1)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        PORT = int(SERVER.stdout.readline())
        outcome = unittest.main(exit=False)
    finally:
        SERVER.stdin.close()
        code = SERVER.wait(PATIENCE)
    sys.exit(0 if outcome.result.wasSuccessful() and code == 0 else 1)
