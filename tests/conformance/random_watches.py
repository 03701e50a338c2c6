"""Watches on both servers: each must be told exactly what the log of all changes holds for it, in order, a revision whole."""

import queue
import time
from dataclasses import dataclass

import places
from random_requests import KEYS
from watching import NODELETE, NOPUT, WatchStream

PATIENCE = 20 * places.time_scale()


class Difference(Exception):
    """The servers differ, or one of them broke a promise."""


@dataclass
class Change:
    """One event of the log."""

    event: object

    @property
    def revision(self) -> int:
        return self.event.kv.mod_revision

    def text(self, with_previous: bool) -> str:
        kv = self.event.kv
        said = f"{'DELETE' if self.event.type else 'PUT'} {kv.key!r} {kv.value!r}"
        said += f" {kv.create_revision} {kv.mod_revision} {kv.version} {kv.lease}"
        return said + (f" before {self.before()}" if with_previous and self.before() else "")

    def before(self) -> str:
        kv = self.event.prev_kv
        if not self.event.HasField("prev_kv"):
            return ""
        return f"{kv.key!r} {kv.value!r} {kv.create_revision} {kv.mod_revision} {kv.version} {kv.lease}"


@dataclass
class Watch:
    """What was asked for, and what each of the two servers has told."""

    key: bytes
    range_end: bytes
    first: int
    filters: tuple
    prev_kv: bool
    compacted: int = 0  # when it was created

    def is_lost(self, change: Change) -> bool:
        """3.4 forgets a deletion by the very revision up to which is compacted; newer ones keep it, as kvd does."""
        return bool(change.event.type) and change.revision == self.first == self.compacted

    def covers(self, change: Change) -> bool:
        key, end = change.event.kv.key, self.range_end
        inside = key == self.key if not end else key >= self.key and (end == b"\0" or key < end)
        return inside and change.revision >= self.first and (NODELETE if change.event.type else NOPUT) not in self.filters


class Reader:
    """One server's end of a stream: takes answers in, and checks what holds for them whoever they are for."""

    def __init__(self, kind: str, channel):
        self.kind, self.stream = kind, WatchStream(channel)
        self.created, self.canceled = [], {}
        self.newest, self.pieces = {}, {}  # by watch: the last revision told; whether more of it follows
        self.progress_at = {}  # by watch: everything up to there has been told
        self.told = {}

    def take(self, seconds: float) -> bool:
        """One answer more; false when none came."""
        try:
            answer = self.stream.next(seconds)
        except queue.Empty:
            return False
        if answer.created:
            self.created.append(answer)
            self.told[answer.watch_id] = []
            self.newest.pop(answer.watch_id, None)
            self.progress_at.pop(answer.watch_id, None)
        elif answer.canceled:
            self.canceled[answer.watch_id] = answer
        elif answer.events:
            self._take_events(answer)
        elif answer.watch_id == -1:
            self.progress_at |= dict.fromkeys(self.told, answer.revision)
        return True

    def _take_events(self, answer) -> None:
        where = f"{self.kind}, watch {answer.watch_id}"
        told = self.told.get(answer.watch_id)
        if told is None or answer.watch_id in self.canceled:
            raise Difference(f"{where}: events for a watch that is not there")
        first, last = answer.events[0].kv.mod_revision, answer.events[-1].kv.mod_revision
        newest, is_piece = self.newest.get(answer.watch_id, 0), self.pieces.get(answer.watch_id, False)
        if first < newest or (first == newest and not is_piece):
            raise Difference(f"{where}: revision {first} is told behind {newest}, or cut in two")
        if answer.revision < last:
            raise Difference(f"{where}: events of {last} under the revision {answer.revision}")
        if self.kind == "kvd" and first <= self.progress_at.get(answer.watch_id, 0):
            raise Difference(f"{where}: revision {first} comes behind a progress notification of {self.progress_at}")
        self.newest[answer.watch_id], self.pieces[answer.watch_id] = last, answer.fragment
        told.extend(map(Change, answer.events))

    def until(self, is_so, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if not self.take(max(0.0, deadline - time.monotonic())):
                raise Difference(f"{self.kind}: {what} did not come")


class Log:
    """All changes, as a watch of everything tells them: the same of both servers."""

    def __init__(self, channels: dict, first: int):
        self.readers = {kind: Reader(kind, channel) for kind, channel in channels.items()}
        for reader in self.readers.values():
            reader.stream.create(b"\0", b"\0", start=first, prev_kv=True)
            reader.until(lambda reader=reader: reader.created, "the answer to a create")
        self.changes = []

    def close(self) -> None:
        for reader in self.readers.values():
            reader.stream.close()

    def follow(self, revision: int, compacted: int) -> None:
        """Up to there."""
        told = {}
        for kind, reader in self.readers.items():
            reader.until(lambda r=reader: revision < 2 or r.newest.get(0, self.newest()) >= revision, f"revision {revision}")
            told[kind] = reader.told[0]
            reader.told[0] = []
        # What was before a change may be gone with what is compacted; kvd may know it all the same.
        texts = {kind: [one.text(one.revision > compacted) for one in changes] for kind, changes in told.items()}
        if texts["etcd"] != texts["kvd"]:
            raise Difference(f"the logs differ:\n  etcd {texts['etcd']}\n  kvd  {texts['kvd']}")
        self.changes += told["kvd"]

    def newest(self) -> int:
        return self.changes[-1].revision if self.changes else 0


class Streams:
    """One stream of watches, at both servers."""

    def __init__(self, channels: dict, log: Log):
        self.readers = {kind: Reader(kind, channel) for kind, channel in channels.items()}
        self.log, self.watches = log, {}

    def close(self) -> None:
        for reader in self.readers.values():
            reader.stream.close()

    def create(self, requests) -> str:
        """By chance; compared are the answers, and of a watch of what is compacted, its end."""
        random = requests.random
        asked = requests.span()
        if not asked["key"]:
            asked["key"] = b"\0"
        kind = random.random()
        start = 0 if kind < 0.4 else random.randint(max(1, requests.base - 3), requests.now + 3)
        filters = tuple(one for one in (NOPUT, NODELETE, 9) if random.random() < 0.15)
        options = {"filters": filters, "prev_kv": random.random() < 0.5, "fragment": random.random() < 0.5,
                   "watch_id": random.choice([0, 0, 0, 1, 2, 40, -6])}
        for reader in self.readers.values():
            reader.created.clear()
            reader.stream.create(start=start, **asked, **options)
        answers = {}
        for kind, reader in self.readers.items():
            reader.until(lambda r=reader: r.created, "the answer to a create")
            one = reader.created[0]
            answers[kind] = (one.watch_id, one.revision, one.canceled, one.reason, one.compact_revision)
        title = f"watch {asked} from {start} {options}"
        if answers["etcd"] != answers["kvd"]:
            raise Difference(f"{title}:\n  etcd {answers['etcd']}\n  kvd  {answers['kvd']}")
        watch_id, revision, refused, *_ = answers["kvd"]
        if not refused:
            self._forget(watch_id)
            watch = Watch(asked["key"], asked.get("range_end", b""), start or revision + 1, filters, options["prev_kv"])
            self.watches[watch_id] = watch
            watch.compacted = requests.compacted
            if watch.first < requests.compacted:
                self._see_compacted(watch_id, requests.compacted)
        return title

    def _see_compacted(self, watch_id: int, compacted: int) -> None:
        for reader in self.readers.values():
            reader.until(lambda r=reader: watch_id in r.canceled, "the end of a watch of what is compacted")
            answer = reader.canceled[watch_id]
            seen = (answer.compact_revision, answer.revision, answer.reason, reader.told[watch_id])
            if seen != (compacted, 0, "", []):
                raise Difference(f"{reader.kind}: a watch of what is compacted ended with {seen}")
        self._forget(watch_id)
        # etcd holds the id for taken until the client cancels what has ended already.
        reader = self.readers["etcd"]
        reader.stream.cancel(watch_id)
        reader.until(lambda: watch_id in reader.canceled, "the answer to a second cancel")
        self._forget(watch_id)

    def late_from(self) -> int:
        """The lowest revision from which etcd, ten times a second, may not yet have caught a watch up."""
        told = self.readers["etcd"].told
        return min((one.first for watch_id, one in self.watches.items() if not told[watch_id]), default=1 << 62)

    def cancel(self, random) -> str:
        watch_id = random.choice([*self.watches, 77])
        for reader in self.readers.values():
            reader.stream.cancel(watch_id)
        if watch_id in self.watches:
            for reader in self.readers.values():
                reader.until(lambda r=reader: watch_id in r.canceled, "the answer to a cancel")
                answer = reader.canceled[watch_id]
                if answer.compact_revision or answer.reason:
                    raise Difference(f"{reader.kind}: cancelled with {answer}")
            self._forget(watch_id)
        return f"cancel {watch_id}"

    def ask_progress(self) -> None:
        """Only of kvd: that nothing older follows is checked with every event. 3.4 does not promise it."""
        self.readers["kvd"].stream.ask_progress()

    def _forget(self, watch_id: int) -> None:
        self.watches.pop(watch_id, None)
        for reader in self.readers.values():
            reader.canceled.pop(watch_id, None)

    def check(self, compacted: int) -> None:
        """Every watch has been told what the log holds for it, and nothing else."""
        for watch_id, watch in self.watches.items():
            covered = [change for change in self.log.changes if watch.covers(change)]
            for kind, reader in self.readers.items():
                expected = [one for one in covered if kind == "kvd" or not watch.is_lost(one)]
                last = expected[-1].revision if expected else 0
                reader.until(lambda r=reader: r.newest.get(watch_id, 0) >= last or watch_id in r.canceled,
                             f"revision {last} of watch {watch_id} {watch}")
                self._hold_against(reader, watch_id, watch, expected, compacted)

    def _hold_against(self, reader, watch_id: int, watch: Watch, expected: list, compacted: int) -> None:
        told = reader.told[watch_id]
        if watch_id in reader.canceled:
            raise Difference(f"{reader.kind}: watch {watch_id} ended: {reader.canceled[watch_id]}")
        for want, got in zip(expected, told):
            # What was there before may be gone with what is compacted.
            may_lack = not got.before() and got.revision - 1 < compacted
            with_previous = watch.prev_kv and not may_lack
            if want.text(with_previous) != got.text(watch.prev_kv):
                raise Difference(f"{reader.kind}: watch {watch_id} {watch}:\n  expected {want.text(with_previous)}\n"
                                 f"  told     {got.text(watch.prev_kv)}")
            if not watch.prev_kv and got.before():
                raise Difference(f"{reader.kind}: watch {watch_id} is told what was before, unasked")
        if len(told) != len(expected):
            raise Difference(f"{reader.kind}: watch {watch_id} {watch} was told {len(told)} events of {len(expected)}:"
                             f" {[change.text(True) for change in told]}")


__all__ = ["KEYS", "Difference", "Log", "Streams"]
