"""What must hold of the operations that clients saw and of the history that the store keeps.

Every write has a revision of its own, so the order of the writes is known and linearizability is a matter of
holding the clients' clocks against it; no search is needed.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """One write of a key, as the store remembers it."""

    revision: int
    version: int
    create_revision: int
    value: bytes


def read_history(api, keys: list) -> dict:
    """Every version of every key, oldest first, by walking back from the newest."""

    def walk(key: bytes) -> list:
        chain, revision = [], 0
        while True:
            answer = api.range(key, revision=revision, timeout=30)
            if not answer.kvs:
                return chain[::-1]
            found = answer.kvs[0]
            chain.append(Version(found.mod_revision, found.version, found.create_revision, found.value))
            if found.version == 1:
                return chain[::-1]
            revision = found.mod_revision - 1

    with ThreadPoolExecutor(8) as pool:
        return dict(zip(keys, pool.map(walk, keys)))


def check_versions(history: dict) -> list:
    """No key goes back in version, none is written at a revision that another write has."""
    faults, owners = [], {}
    for key, chain in history.items():
        for number, entry in enumerate(chain, 1):
            if entry.version != number or entry.create_revision != chain[0].revision:
                faults.append(f"{key!r}: version {number} is kept as {entry}")
            if entry.revision in owners:
                faults.append(f"revision {entry.revision} belongs to {key!r} and to {owners[entry.revision]!r}")
            owners[entry.revision] = key
        if any(a.revision >= b.revision for a, b in zip(chain, chain[1:])):
            faults.append(f"{key!r}: its revisions are out of order")
    return faults


def check_writes(history: dict, operations: list) -> list:
    """Every acknowledged write is there at its revision; nothing is there that nobody wrote, nothing twice."""
    faults = []
    kept = {(key, e.revision): e.value for key, chain in history.items() for e in chain}
    asked = {}
    for operation in operations:
        if operation.kind == "get":
            continue
        asked[(operation.key, operation.value)] = operation
        if operation.done is None or not operation.applied:
            continue
        if kept.get((operation.key, operation.revision)) != operation.value:
            faults.append(f"LOST: {operation} was acknowledged; the store has"
                          f" {kept.get((operation.key, operation.revision))!r} there")
    seen = set()
    for (key, revision), value in kept.items():
        operation = asked.get((key, value))
        if operation is None:
            faults.append(f"INVENTED: {key!r} has {value!r} at {revision}, which nobody wrote")
        elif not operation.applied:
            faults.append(f"REFUSED YET WRITTEN: {operation} is there at {revision}")
        elif (key, value) in seen:
            faults.append(f"TWICE: {operation} is there again at {revision}")
        seen.add((key, value))
    return faults


def check_reads(history: dict, operations: list) -> list:
    """A read shows a value together with the revision at which it was written."""
    kept = {(key, e.revision): e.value for key, chain in history.items() for e in chain}
    return [
        f"MISREAD: {operation}; the store has {kept.get((operation.key, operation.revision))!r} there"
        for operation in operations
        if operation.kind == "get" and operation.revision
        and kept.get((operation.key, operation.revision)) != operation.value
    ]


def check_order(history: dict, operations: list) -> list:
    """What was finished before something else began is seen by it: per key, and of the store as a whole."""
    # A write whose answer was lost took effect at the revision where its value is found, if anywhere.
    found = {(key, e.value): e.revision for key, chain in history.items() for e in chain}
    faults = []
    by_key = {key: [] for key in history}
    for operation in operations:
        revision = operation.revision
        if operation.kind != "get" and operation.done is None:
            revision = found.get((operation.key, operation.value), 0)
        if operation.kind == "get" or revision:
            by_key[operation.key].append((operation, revision))
    for key, mine in by_key.items():
        faults += _in_real_time(mine, strictly=lambda operation: operation.kind != "get", what=repr(key))
    answered = [(o, o.store_revision) for o in operations if o.done is not None]
    faults += _in_real_time(answered, strictly=lambda operation: False, what="the store")
    return faults


def _in_real_time(pairs: list, strictly, what: str) -> list:
    """`pairs` of (operation, revision): a later operation has a revision at least as high; a write a higher one."""
    began = sorted(pairs, key=lambda pair: pair[0].asked)
    ended = sorted((p for p in pairs if p[0].done is not None), key=lambda pair: pair[0].done)
    faults, at, highest, by = [], 0, 0, None
    for operation, revision in began:
        while at < len(ended) and ended[at][0].done < operation.asked:
            if ended[at][1] > highest:
                highest, by = ended[at][1], ended[at][0]
            at += 1
        if revision < highest or (strictly(operation) and revision == highest):
            faults.append(f"BACK IN TIME: {what}: {operation} took effect at {revision}, after {by} had ended")
    return faults


def check_members_agree(apis: list, prefix: bytes, end: bytes) -> list:
    """Every member has the same keys and values at one revision."""
    revision = apis[0].range(prefix, range_end=end, limit=1, timeout=30).header.revision
    views = []
    for api in apis:
        # A linearizable read brings the member up to date first.
        api.range(prefix, limit=1, timeout=30)
        answer = api.range(prefix, range_end=end, revision=revision, serializable=True, timeout=30)
        views.append([(kv.key, kv.value, kv.mod_revision, kv.version) for kv in answer.kvs])
    return [
        f"DIVERGED at {revision}: {api.endpoint} differs from {apis[0].endpoint}"
        for api, view in zip(apis, views)
        if view != views[0]
    ]
