"""Clients that watch while servers die, and a writer whose revisions have two events."""

import itertools
import queue
import threading
import time

import watch_checks
from api import Api, grpc, rpc_pb2
from watching import Ended, WatchStream

CALL_SECONDS = 2.0


class Watcher(threading.Thread):
    """Watches [begin, end) and resumes where it stopped: at the next server, or always at the same one."""

    def __init__(self, name: str, endpoints: list, begin: bytes, end: bytes, needs_leader: bool = False):
        super().__init__(name=name, daemon=True)
        self.endpoints, self.begin, self.end = endpoints, begin, end
        self.metadata = (("hasleader", "true"),) if needs_leader else ()
        self.streams = []
        self.next = 1
        self.reached = 0  # everything up to here was told
        self.fault = None
        self._stopping = threading.Event()

    def run(self) -> None:
        try:
            for endpoint in itertools.cycle(self.endpoints):
                if self._stopping.is_set():
                    return
                with Api(endpoint) as api:
                    self._watch(api)
                time.sleep(0.02)
        except Exception as error:  # a fault of the test, or of a server: shown by the main thread
            self.fault = error

    def stop(self) -> None:
        self._stopping.set()

    def wait(self, revision: int, seconds: float) -> bool:
        """Until everything up to `revision` was told."""
        until = time.monotonic() + seconds
        while self.reached < revision and not self.fault and time.monotonic() < until:
            time.sleep(0.05)
        return self.reached >= revision

    def _watch(self, api: Api) -> None:
        record = watch_checks.Stream(api.endpoint, self.next)
        with WatchStream(api.channel, self.metadata) as stream:
            stream.create(self.begin, self.end, start=self.next, prev_kv=True, progress_notify=True)
            try:
                while not self._stopping.is_set():
                    self._take(stream, record)
            except Ended as ended:
                if ended.code not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                    raise
            finally:
                self.streams.append(record)

    def _take(self, stream: WatchStream, record) -> None:
        try:
            answer = stream.next(timeout=0.2)
        except queue.Empty:
            stream.ask_progress()
            return
        if answer.canceled:
            raise AssertionError(f"{self.name}: cancelled: {answer}")
        if answer.created:
            return
        record.answers.append(answer)
        if answer.events:
            self.next = answer.events[-1].kv.mod_revision + 1
            self.reached = self.next - 1
        elif answer.is_progress:
            self.next = max(self.next, answer.revision + 1)
            self.reached = max(self.reached, answer.revision)


class PairWriter(threading.Thread):
    """Writes two keys in one transaction, again and again."""

    def __init__(self, endpoints: list, keys: tuple, pause: float):
        super().__init__(name="pairs", daemon=True)
        self.apis = [Api(endpoint) for endpoint in endpoints]
        self.keys, self.pause = keys, pause
        self._stopping = threading.Event()

    def run(self) -> None:
        at = 0
        for number in itertools.count(1):
            if self._stopping.is_set():
                break
            puts = [rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=key, value=b"%d" % number)) for key in self.keys]
            try:
                self.apis[at].kv.Txn(rpc_pb2.TxnRequest(success=puts), timeout=CALL_SECONDS)
            except grpc.RpcError:
                at = (at + 1) % len(self.apis)
            time.sleep(self.pause)
        for api in self.apis:
            api.channel.close()

    def stop(self) -> None:
        self._stopping.set()


