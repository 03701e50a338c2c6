"""One real server, kvd or etcd, as a child process that dies with the test."""

import http.client
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import places
from certificates import Certificates

SANITIZER_REPORT = re.compile(
    r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error: |check failed", re.IGNORECASE
)
KINDS = ("kvd", "etcd")


class ServerFailed(Exception):
    """The server did not do what a server does; carries the end of its log."""


@dataclass(eq=False)
class Server:
    """Its addresses and its directory outlive the process: start() after kill() is a restart."""

    kind: str
    name: str
    directory: Path
    client_port: int
    peer_port: int
    initial_cluster: str = ""
    token: str = "kvd-test"
    flags: tuple = ()
    environment: dict = field(default_factory=dict)
    tls: Certificates | None = None  # of peers; and clients are told of a second port with TLS
    tls_port: int = 0
    process: subprocess.Popen | None = None
    starts: int = 0

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.client_port}"

    @property
    def data_dir(self) -> Path:
        return self.directory / "data"

    @property
    def log_path(self) -> Path:
        return self.directory / "log"

    def command(self) -> list:
        program = places.binary("kvd") if self.kind == "kvd" else places.tool("etcd", "etcd-server")
        peer_url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.peer_port}"
        client_url = f"http://127.0.0.1:{self.client_port}"
        tls_url = f"https://127.0.0.1:{self.tls_port}"
        tls_flags = self.tls.flags() + self.tls.flags("peer-") if self.tls else ()
        return [
            program,
            f"--name={self.name}",
            f"--data-dir={self.data_dir}",
            f"--listen-client-urls={client_url}{',' + tls_url if self.tls else ''}",
            f"--advertise-client-urls={tls_url if self.tls else client_url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster={self.initial_cluster or f'{self.name}={peer_url}'}",
            f"--initial-cluster-token={self.token}",
            *tls_flags,
            *self.flags,
        ]

    def start(self) -> "Server":
        """Starts it; call from the main thread, whose end is the child's end too."""
        self.directory.mkdir(parents=True, exist_ok=True)
        guard = [places.tool("setpriv", "util-linux"), "--pdeathsig", "KILL", "--"]
        with open(self.log_path, "ab") as log:
            log.write(f"---- start {self.starts + 1}\n".encode())
            self.process = subprocess.Popen(
                guard + self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=places.environment(**self.environment),
            )
        self.starts += 1
        return self

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def http(self, path: str, timeout: float = 2.0) -> tuple:
        """(status, body) of a GET on the client port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.client_port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def is_healthy(self) -> bool:
        try:
            return self.http("/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait_healthy(self, seconds: float = 20.0) -> "Server":
        deadline = time.monotonic() + seconds * places.time_scale()
        while not self.is_healthy():
            if not self.is_running():
                raise ServerFailed(f"{self.name} ended with {self.exit_status()}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"{self.name} is not healthy after {seconds} s\n{self.log_tail()}")
            time.sleep(0.02)
        return self

    def exit_status(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def wait_exit(self, seconds: float = 20.0) -> int:
        """Its exit status; negative for a signal."""
        try:
            return self.process.wait(seconds * places.time_scale())
        except subprocess.TimeoutExpired:
            raise ServerFailed(f"{self.name} has not ended after {seconds} s\n{self.log_tail()}") from None

    def kill(self) -> None:
        """SIGKILL, and its end awaited."""
        if self.process is None:
            return
        if self.is_running():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self, seconds: float = 20.0) -> int:
        """SIGTERM; its exit status."""
        os.kill(self.process.pid, signal.SIGTERM)
        return self.wait_exit(seconds)

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def log(self) -> str:
        try:
            return self.log_path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def log_tail(self, lines: int = 40) -> str:
        tail = self.log().splitlines()[-lines:]
        return "\n".join(f"  {self.name}| {line}" for line in tail)

    def sanitizer_reports(self) -> str:
        """What a sanitizer or a failed check of ours wrote; empty when nothing."""
        text = self.log()
        found = SANITIZER_REPORT.search(text)
        return "" if found is None else text[max(0, found.start() - 200) : found.start() + 6000]
