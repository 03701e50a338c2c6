#!/usr/bin/env python3
"""Users that come with a certificate, and clients that send a password over TLS.

KVD_TEST_SERVER=etcd runs it before Debian's etcd.
"""

import http.client
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import etcd3  # noqa: E402

import places  # noqa: E402
from api import grpc, rpc_pb2 as pb  # noqa: E402
from ports import free_port  # noqa: E402
from server import Server  # noqa: E402

KIND = os.environ.get("KVD_TEST_SERVER", "kvd")
NO_PERMISSION = 77
DENIED = ("PERMISSION_DENIED", "etcdserver: permission denied")


class Authority:
    """Makes certificates in a directory; each is NAME.crt and NAME.key."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                     "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.crt")

    def openssl(self, *arguments: str) -> None:
        subprocess.run([places.tool("openssl", "openssl"), *arguments], cwd=self.directory, capture_output=True, check=True)

    def make(self, name: str) -> None:
        (self.directory / "extensions").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/O=tests/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-extfile", "extensions", "-out", f"{name}.crt")

    def path(self, file: str) -> str:
        return str(self.directory / file)


class TlsServer(Server):
    """Asks its clients for certificates."""

    authority: Authority = None

    def command(self) -> list:
        here = f"http://127.0.0.1:{self.client_port}"
        path = self.authority.path
        return [*(word.replace(here, here.replace("http:", "https:")) for word in super().command()), "--client-cert-auth",
                f"--cert-file={path('server.crt')}", f"--key-file={path('server.key')}", f"--trusted-ca-file={path('ca.crt')}"]

    def ask(self, method: str, page: str, body=None, headers: dict | None = None) -> tuple:
        """By HTTP, with alice's certificate."""
        context = ssl.create_default_context(cafile=self.authority.path("ca.crt"))
        context.load_cert_chain(self.authority.path("alice.crt"), self.authority.path("alice.key"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.client_port, context=context, timeout=10 * places.time_scale())
        try:
            connection.request(method, page, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_healthy(self) -> bool:
        try:
            return self.ask("GET", "/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


class Certificates(unittest.TestCase):
    """alice may read and write a/, and has no password; root has one."""

    @classmethod
    def setUpClass(cls):
        cls.directory = Path(tempfile.mkdtemp(prefix="certificates-test-"))
        cls.authority = TlsServer.authority = Authority(cls.directory)
        for name in ("server", "alice", "stranger"):
            cls.authority.make(name)
        cls.server = TlsServer(KIND, "n1", cls.directory / "n1", free_port(), free_port(), flags=("--bcrypt-cost=4",))
        cls.server.start().wait_healthy(30)
        test = cls("kvctl")
        for words in ("user add root:rootpw", "user add alice --no-password", "user add bob:bobpw", "role add a",
                      "role grant-permission a readwrite a/ --prefix", "user grant-role alice a", "user grant-role bob a", "auth enable"):
            test.kvctl("stranger", *words.split())

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        if report := cls.server.sanitizer_reports():
            raise AssertionError(report)
        shutil.rmtree(cls.directory, ignore_errors=True)

    def kvctl(self, certificate: str, *words: str, code: int = 0) -> str:
        path = self.authority.path
        done = subprocess.run([places.binary("kvctl"), *words], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=60 * places.time_scale(),
                              env=places.environment(KVCTL_ENDPOINTS=self.server.endpoint, KVCTL_CACERT=path("ca.crt"),
                                                     KVCTL_CERT=path(f"{certificate}.crt"), KVCTL_KEY=path(f"{certificate}.key")))
        self.assertEqual(done.returncode, code, f"{words}: {done.stderr.decode()}")
        return done.stdout.decode() + done.stderr.decode()

    def test_the_name_in_the_certificate_is_the_user(self):
        self.kvctl("alice", "put", "a/x", "1")
        self.assertEqual(self.kvctl("alice", "get", "a/x"), "a/x\n1\n")
        self.kvctl("alice", "put", "b/x", "1", code=NO_PERMISSION)
        self.kvctl("alice", "get", "", "--prefix", code=NO_PERMISSION)
        self.kvctl("alice", "user", "list", code=NO_PERMISSION)

    def test_a_name_that_is_no_user_may_nothing(self):
        self.kvctl("stranger", "put", "a/x", "1", code=NO_PERMISSION)
        self.kvctl("stranger", "get", "a/x", code=NO_PERMISSION)
        self.assertIn("user name not found", self.kvctl("stranger", "user", "list", code=1))

    def test_a_token_goes_before_the_certificate(self):
        self.assertIn("alice", self.kvctl("alice", "user", "list", "--user=root:rootpw"))
        self.kvctl("stranger", "put", "a/x", "2", "--user=bob:bobpw")
        self.kvctl("alice", "put", "a/x", "2", "--user=alice:x", code=NO_PERMISSION)

    def channel(self, certificate: str):
        read = lambda file: (self.directory / file).read_bytes()  # noqa: E731
        return grpc.secure_channel(self.server.endpoint, grpc.ssl_channel_credentials(
            read("ca.crt"), read(f"{certificate}.key"), read(f"{certificate}.crt")))

    def test_a_bad_token_is_not_made_good_by_a_certificate(self):
        with self.channel("alice") as channel:
            call = channel.unary_unary("/etcdserverpb.KV/Range", pb.RangeRequest.SerializeToString, pb.RangeResponse.FromString)
            request = pb.RangeRequest(key=b"a/x")
            self.assertEqual(call(request, timeout=30).header.revision > 0, True)
            with self.assertRaises(grpc.RpcError) as caught:
                call(request, timeout=30, metadata=(("token", "garbage"),))
            self.assertEqual(caught.exception.details(), "etcdserver: invalid auth token")

    def test_the_gateway_takes_no_certificate_for_a_user(self):
        status, text = self.server.ask("POST", "/v3/kv/range", json.dumps({"key": "YS94"}))
        self.assertEqual(status, 400, text)
        self.assertNotIn("header", text)

    def test_python_with_a_password_over_tls(self):
        path = self.authority.path
        client = etcd3.client(host="localhost", port=self.server.client_port, ca_cert=path("ca.crt"), cert_cert=path("stranger.crt"),
                              cert_key=path("stranger.key"), user="bob", password="bobpw", timeout=30)
        client.put("a/python", "1")
        self.assertEqual(client.get("a/python")[0], b"1")
        with self.assertRaises(grpc.RpcError) as caught:
            client.get("b/python")
        self.assertEqual((caught.exception.code().name, caught.exception.details()), DENIED)
        client.close()

    def test_without_a_certificate_there_is_no_connection(self):
        done = subprocess.run([places.binary("kvctl"), "get", "a/x", "--user=root:rootpw", "--dial-timeout=1s", "--timeout=2s"],
                              capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60 * places.time_scale(),
                              env=places.environment(KVCTL_ENDPOINTS=self.server.endpoint, KVCTL_CACERT=self.authority.path("ca.crt")))
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main(verbosity=1)
