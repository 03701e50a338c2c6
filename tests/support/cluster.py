"""A cluster of real servers on loopback, in a directory of its own that goes away with it."""

import shutil
import tempfile
import time
from pathlib import Path

import certificates
import places
from ports import free_port
from server import Server, ServerFailed


class Cluster:
    """Use as a context manager. After a failure inside it the logs stay, and their ends are printed."""

    def __init__(self, kind: str, size: int, flags: tuple = (), environment: dict | None = None,
                 tls: bool = False):
        self.directory = Path(tempfile.mkdtemp(prefix=f"{kind}-test-"))
        ports = [(free_port(), free_port()) for _ in range(size)]
        names = [f"n{i + 1}" for i in range(size)]
        scheme = "https" if tls else "http"
        members = ",".join(f"{n}={scheme}://127.0.0.1:{peer}" for n, (_, peer) in zip(names, ports))
        files = certificates.make(self.directory / "certificates") if tls else None
        self.servers = [
            Server(
                kind=kind,
                name=name,
                directory=self.directory / name,
                client_port=client,
                peer_port=peer,
                initial_cluster=members,
                flags=flags,
                environment=environment or {},
                tls=files,
                tls_port=free_port() if tls else 0,
            )
            for name, (client, peer) in zip(names, ports)
        ]

    def __enter__(self) -> "Cluster":
        try:
            self.start()
        except BaseException:
            self.__exit__(ServerFailed, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace) -> None:
        for server in self.servers:
            server.kill()
        reports = [report for report in (s.sanitizer_reports() for s in self.servers) if report]
        if kind is None and not reports:
            shutil.rmtree(self.directory, ignore_errors=True)
            return
        print(f"the servers' logs stay in {self.directory}", flush=True)
        for server in self.servers:
            print(server.log_tail(), flush=True)
        if reports:
            raise ServerFailed("a sanitizer or a check reported:\n" + "\n".join(reports))

    def start(self) -> None:
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_healthy(30)

    @property
    def endpoints(self) -> str:
        return ",".join(server.endpoint for server in self.servers)

    def running(self) -> list:
        return [server for server in self.servers if server.is_running()]

    def leader(self, seconds: float = 10.0, connect=None) -> Server:
        """The server that says of itself that it leads; `connect(endpoint)` makes the Api to ask with, where not all may ask."""
        from api import Api  # grpc is only needed by the tests that ask for a leader

        deadline = time.monotonic() + seconds * places.time_scale()
        while time.monotonic() < deadline:
            for server in self.running():
                with (connect or Api)(server.endpoint) as api:
                    if api.is_leader():
                        return server
            time.sleep(0.02)
        raise ServerFailed(f"no leader after {seconds} s")

    def follower(self) -> Server:
        leader = self.leader()
        return next(server for server in self.running() if server is not leader)
