"""List and watch, as a Kubernetes API server does it for its cache: what it holds is checked with every event."""

import itertools
import threading
import time

import places
from api import grpc, rpc_pb2
from apiserver import PREFIX, PREFIX_END, Compacted, Store
from watching import Ended, WatchStream

HAS_LEADER = (("hasleader", "true"),)
# Answers after which progress is asked for: in the middle of events, where a bookmark could overtake one.
PROGRESS_EVERY = 10
# How a stream may end while members are killed; the client goes on elsewhere.
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)


class Broken(AssertionError):
    """The watch said something that cannot be, after what it said before."""


class Cache:
    """The objects by key, and the revision that they are of; refuses what does not follow."""

    def __init__(self, revision: int, objects: dict):
        self.revision = revision
        self.objects = objects
        self.revisions = []  # of the events since the list, one for each event

    def take(self, answer) -> None:
        """An answer with events, or a bookmark."""
        if not answer.events:
            if answer.revision < self.revision:
                raise Broken(f"a bookmark at {answer.revision} after revision {self.revision}")
            self.revision = answer.revision
            return
        at = self.revision
        for event in answer.events:
            revision = event.kv.mod_revision
            # Several events may be of one revision, but not in two answers.
            if revision <= self.revision or revision < at:
                raise Broken(f"an event of revision {revision} after {at}, with all up to {self.revision} known")
            at = revision
            self.apply(event)
            self.revisions.append(revision)
        if answer.revision < at:
            raise Broken(f"an answer at {answer.revision} has an event of {at}")
        self.revision = at

    def apply(self, event) -> None:
        key, held = event.kv.key, self.objects.get(event.kv.key)
        creates = event.type == event.PUT and event.kv.create_revision == event.kv.mod_revision
        before = event.prev_kv if event.HasField("prev_kv") else None
        if creates and (held is not None or before is not None):
            raise Broken(f"{key} is created, but there was {held or before}")
        if not creates and before is None:
            raise Broken(f"{event} does not say what was before")
        if not creates and held != before:
            raise Broken(f"{event} follows {before}, but what is known is {held}")
        if event.type == event.DELETE:
            if event.kv.create_revision or event.kv.version or event.kv.value or event.kv.lease:
                raise Broken(f"a deletion says more than key and revision: {event}")
            del self.objects[key]
        else:
            self.objects[key] = event.kv


class Informer(threading.Thread):
    """Lists in pages, watches from there; after a failure it watches on elsewhere, after a compaction it lists again.

    `nap`: seconds for which it is away after every 200 events, so that what it would see next is compacted meanwhile.
    """

    def __init__(self, cluster, number: int, nap: float = 0):
        super().__init__(name=f"informer-{number}", daemon=True)
        self.nap = nap * places.time_scale()
        self.store = Store(cluster, seed=1000 + number)
        self.ended = threading.Event()
        self.progressed = threading.Condition()
        self.stream = None
        self.cache = None
        self.failure = None
        self.naps = 0
        self.counts = {"list": 0, "stream": 0, "event": 0, "bookmark": 0, "answer": 0}
        self.list()

    def list(self) -> None:
        while True:
            try:
                revision, objects = self.store.list(limit=100)
                break
            except Compacted:
                continue  # between two pages
        if self.cache and revision < self.cache.revision:
            raise Broken(f"a list of revision {revision} after revision {self.cache.revision} was seen")
        self.cache = Cache(revision, objects)
        self.counts["list"] += 1

    def run(self) -> None:
        try:
            while not self.ended.is_set():
                self.watch()
        except BaseException as error:  # handed to the main thread
            self.failure = error
        finally:
            with self.progressed:
                self.progressed.notify_all()

    def watch(self) -> None:
        with WatchStream(self.store.api().channel, HAS_LEADER) as self.stream:
            if self.ended.is_set():
                return  # end() has not seen this stream
            self.counts["stream"] += 1
            self.stream.create(key=PREFIX, range_end=PREFIX_END, start=self.cache.revision + 1,
                               prev_kv=True, progress_notify=True)
            try:
                for number, answer in enumerate(self.stream):
                    if not self.take(number, answer):
                        return
                    if number % PROGRESS_EVERY == 0:
                        self.stream.ask_progress()
                    if self.nap and self.counts["event"] // 200 > self.naps:
                        self.naps += 1
                        break
            except Ended as ended:
                if ended.code not in PASSING:
                    raise
                self.ended.wait(0.02)
                return
        self.ended.wait(self.nap)

    def take(self, number: int, answer) -> bool:
        """Whether the watch goes on."""
        if number == 0:
            if not answer.created or answer.canceled or answer.events or not answer.revision:
                raise Broken(f"the first answer is {answer}")
            return True
        if answer.canceled:
            if not answer.compact_revision or answer.revision or answer.events:
                raise Broken(f"the watch was cancelled: {answer}")
            self.list()
            return False
        # -1: what was asked for; our own: what comes by itself.
        if answer.watch_id not in ((0,) if answer.events else (0, -1)):
            raise Broken(f"an answer for watch {answer.watch_id}")
        kind = "event" if answer.events else "answer" if answer.watch_id else "bookmark"
        with self.progressed:
            self.cache.take(answer)
            self.counts[kind] += len(answer.events) or 1
            self.progressed.notify_all()
        return True

    def reach(self, revision: int, seconds: float = 60.0) -> None:
        """A consistent read from the cache: asks for progress every 100 ms until the cache is that new."""
        deadline = time.monotonic() + seconds * places.time_scale()
        while True:
            with self.progressed:
                if self.cache.revision >= revision:
                    return
                if self.failure:
                    raise self.failure
                if time.monotonic() > deadline:
                    raise Broken(f"{self.name} is at {self.cache.revision}, not at {revision}: {self.counts}")
                self.progressed.wait(0.1)
            if self.stream:
                self.stream.ask_progress()

    def end(self) -> None:
        self.ended.set()
        if self.stream:
            self.stream.close()
        self.join()
        self.store.close()
        if self.failure and not isinstance(self.failure, grpc.RpcError):
            raise self.failure


class CompactionWatcher(threading.Thread):
    """Follows compact_rev_key from the very revision that it was read at."""

    def __init__(self, cluster, key: bytes, number: int = 0):
        super().__init__(name=f"compaction-watcher-{number}", daemon=True)
        self.store = Store(cluster, seed=2000 + number)
        self.key = key
        self.seen = []  # (revision, version)
        self.failure = None
        self.stream = None
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            answer = self.store.read(rpc_pb2.RangeRequest(key=self.key))
            start = answer.header.revision
            while not self.ended.is_set():
                start = self.watch(start)
        except BaseException as error:  # handed to the main thread
            self.failure = error

    def watch(self, start: int) -> int:
        """Where to go on."""
        with WatchStream(self.store.api().channel, HAS_LEADER) as self.stream:
            if self.ended.is_set():
                return start
            self.stream.create(key=self.key, start=start)
            try:
                for answer in self.stream:
                    if answer.canceled:
                        return self.store.read(rpc_pb2.RangeRequest(key=self.key)).header.revision
                    for event in answer.events:
                        self.seen.append((event.kv.mod_revision, event.kv.version))
                        start = event.kv.mod_revision + 1
            except Ended as ended:
                if ended.code not in PASSING:
                    raise
                self.ended.wait(0.02)
        return start

    def end(self) -> None:
        self.ended.set()
        if self.stream:
            self.stream.close()
        self.join()
        self.store.close()
        if self.failure:
            raise self.failure
        # After a compaction it begins at a revision that it may have seen.
        for before, after in itertools.pairwise(dict.fromkeys(self.seen)):
            if after[0] <= before[0] or after[1] <= before[1]:
                raise Broken(f"{self.key} at (revision, version) {after} after {before}")
