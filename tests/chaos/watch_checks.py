"""What must hold of everything that a watch was told, whatever happened to its servers meanwhile."""

from dataclasses import dataclass, field


@dataclass
class Stream:
    """One stream of one watch: from where it was asked for, and what it said, in order."""

    server: str
    start: int
    answers: list = field(default_factory=list)  # of watching.Answer, without the created one


@dataclass(frozen=True)
class Change:
    """One event as history has it; `before` is the value that it replaced, None for a new key."""

    revision: int
    key: bytes
    value: bytes
    before: bytes | None


def changes_of(history: dict) -> list:
    """By revision, from checks.read_history."""
    changes = []
    for key, chain in history.items():
        before = None
        for version in chain:
            changes.append(Change(version.revision, key, version.value, before))
            before = version.value
    return sorted(changes, key=lambda change: (change.revision, change.key))


def told(answer) -> list:
    """An answer's events, as changes."""
    return [
        Change(event.kv.mod_revision, event.kv.key, event.kv.value,
               event.prev_kv.value if event.HasField("prev_kv") else None)
        for event in answer.events
    ]


def check_watch(name: str, streams: list, changes: list, last: int) -> list:
    """Of one watch over all its streams; `changes` is all that it covers, `last` what it must have reached."""
    faults = []
    for number, stream in enumerate(streams):
        where = f"{name}, stream {number} from {stream.start} at {stream.server}"
        faults += [f"{where}: {fault}" for fault in _check_stream(stream, changes)]
    faults += [f"{name}: {fault}" for fault in _check_whole(streams, changes, last)]
    return faults


def _check_stream(stream: Stream, changes: list) -> list:
    faults = []
    faults += _ordered_unique_and_atomic(stream)
    faults += _bookmarkable(stream, changes)
    return faults


def _ordered_unique_and_atomic(stream: Stream) -> list:
    """Revisions only grow from one answer to the next, so that none comes twice or in two parts."""
    faults, last = [], stream.start - 1
    for answer in stream.answers:
        events = told(answer)
        if not events:
            continue
        if events[0].revision <= last:
            faults.append(f"revision {events[0].revision} is told after {last}")
        keys = [(event.revision, event.key) for event in events]
        if len(set(keys)) != len(keys):
            faults.append(f"an event is told twice in one answer: {keys}")
        if [revision for revision, _ in keys] != sorted(revision for revision, _ in keys):
            faults.append(f"an answer's revisions are out of order: {keys}")
        if answer.revision < events[-1].revision:
            faults.append(f"the header says {answer.revision}, behind the event of {events[-1].revision}")
        last = events[-1].revision
    return faults


def _bookmarkable(stream: Stream, changes: list) -> list:
    """Progress at R: everything up to R was told before, nothing up to R is told later."""
    faults, seen, bookmark = [], set(), 0
    for answer in stream.answers:
        for event in told(answer):
            if event.revision <= bookmark:
                faults.append(f"revision {event.revision} is told after progress at {bookmark}")
            seen.add((event.revision, event.key))
        if not answer.is_progress:
            continue
        if answer.revision < bookmark:
            faults.append(f"progress goes back from {bookmark} to {answer.revision}")
        missing = [c for c in changes if stream.start <= c.revision <= answer.revision
                   and c.revision > bookmark and (c.revision, c.key) not in seen]
        if missing:
            faults.append(f"progress at {answer.revision}, but {missing[0]} was not told")
        bookmark = max(bookmark, answer.revision)
    return faults


def _check_whole(streams: list, changes: list, last: int) -> list:
    """Reliable and resumable: all streams together tell exactly what happened, with what was there before."""
    expected = [change for change in changes if streams[0].start <= change.revision <= last]
    seen = [change for stream in streams for answer in stream.answers for change in sorted(
        told(answer), key=lambda c: (c.revision, c.key)) if change.revision <= last]
    if seen == expected:
        return []
    for number, (one, other) in enumerate(zip(seen, expected)):
        if one != other:
            return [f"event {number} is {one}, history has {other}"]
    return [f"{len(seen)} events were told, history has {len(expected)}"]
