"""A TCP proxy on loopback that loses answers: what the client sends arrives, what comes back may not."""

import random
import socket
import threading

from ports import free_port


class LossyProxy:
    """Use as a context manager. Each piece that the server sends is, by chance, the end of its connection instead."""

    def __init__(self, target_port: int, loss: float, seed: int):
        self.port, self.target_port = free_port(), target_port
        self.loss, self.random = loss, random.Random(seed)
        self.lost = 0
        self._lock = threading.Lock()  # guards random, lost and _open
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", self.port))

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> "LossyProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._listener.close()
        with self._lock:
            left = list(self._open)
        for pair in left:
            self._close(pair)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = (client, server)
            with self._lock:
                self._open.add(pair)
            threading.Thread(target=self._carry, args=(pair, client, server, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(pair, server, client, True), daemon=True).start()

    def _carry(self, pair: tuple, source: socket.socket, to: socket.socket, lossy: bool) -> None:
        try:
            while piece := source.recv(65536):
                if lossy and self._loses():
                    break
                to.sendall(piece)
        except OSError:
            pass
        self._close(pair)

    def _loses(self) -> bool:
        with self._lock:
            loses = self.random.random() < self.loss
            self.lost += loses
        return loses

    def _close(self, pair: tuple) -> None:
        with self._lock:
            self._open.discard(pair)
        for one in pair:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
