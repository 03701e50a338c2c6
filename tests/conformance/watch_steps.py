"""Watch, request by request, with what no client library lets through."""

import queue

from api import Api, grpc, kv_pb2, rpc_pb2 as pb
from watching import NODELETE, NOPUT, Ended, WatchStream


def text_of(event) -> str:
    kind = kv_pb2.Event.EventType.Name(event.type)
    kv = event.kv
    text = f"{kind} {kv.key!r} {kv.value[:40]!r} create={kv.create_revision} mod={kv.mod_revision} version={kv.version}"
    if event.HasField("prev_kv"):
        text += f" before={event.prev_kv.value!r}@{event.prev_kv.mod_revision}"
    return text


def text(answer) -> str:
    flags = [name for name in ("created", "canceled", "fragment") if getattr(answer, name)]
    words = [f"watch {answer.watch_id} at {answer.revision}", *flags]
    if answer.compact_revision:
        words.append(f"compacted {answer.compact_revision}")
    if answer.reason:
        words.append(answer.reason)
    return " ".join(words) + "".join(f"\n  {text_of(event)}" for event in answer.events)


class Watching:
    """One stream; what it answers becomes steps."""

    def __init__(self, transcript, api):
        self.transcript, self.api = transcript, api
        self.stream = WatchStream(api.channel)

    def __enter__(self) -> "Watching":
        return self

    def __exit__(self, *_) -> None:
        self.stream.close()

    def see(self, title: str, answers: int = 1) -> list:
        """So many answers are a step."""
        seen = [self.stream.next() for _ in range(answers)]
        self.transcript.add(title, answer="\n".join(map(text, seen)))
        return seen

    def see_sorted(self, title: str, answers: int) -> None:
        """Different watches are told in no order."""
        seen = sorted(text(self.stream.next()) for _ in range(answers))
        self.transcript.add(title, answer="\n".join(seen))

    def see_events(self, title: str, events: int) -> None:
        """History may come in as many answers as the server likes."""
        seen = []
        while len(seen) < events:
            seen += self.stream.next().events
        self.transcript.add(title, answer="\n".join(map(text_of, seen)))

    def see_end(self, title: str) -> None:
        try:
            answer = text(self.stream.next())
        except Ended as ended:
            answer = str(ended)
        except queue.Empty:
            answer = "nothing"
        self.transcript.add(title, answer=answer)

    def create(self, title: str, key: bytes, answers: int = 1, **options) -> list:
        self.stream.create(key=key, **options)
        return self.see(f"create {title}", answers)


def watch_steps(transcript, server) -> None:
    with Api(server.endpoint) as api:
        for part in (created_replies, live_events, history, filters, progress, compacted, fragments, odd_requests):
            with Watching(transcript, api) as watching:
                part(watching, api)


def put(api, key: bytes, value: bytes) -> int:
    return api.put(key, value, timeout=30).header.revision


def delete(api, key: bytes, range_end: bytes = b"") -> int:
    return api.kv.DeleteRange(pb.DeleteRangeRequest(key=key, range_end=range_end), timeout=30).header.revision


def txn(api, *operations) -> int:
    return api.kv.Txn(pb.TxnRequest(success=operations), timeout=30).header.revision


def put_op(key: bytes, value: bytes):
    return pb.RequestOp(request_put=pb.PutRequest(key=key, value=value))


def delete_op(key: bytes, range_end: bytes = b""):
    return pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=key, range_end=range_end))


def created_replies(watching, api) -> None:
    put(api, b"w/c", b"1")
    watching.create("first", b"w/c")
    watching.create("second", b"w/c")
    watching.create("with an id", b"w/c", watch_id=7)
    watching.create("with an id that is taken", b"w/c", watch_id=7)
    watching.create("empty range with an id that is taken", b"w/d", range_end=b"w/d", watch_id=7)
    watching.create("with the next id that would be given", b"w/c", watch_id=2)
    watching.create("skips what is taken", b"w/c")
    watching.create("range the wrong way round", b"w/d", range_end=b"w/c")
    watching.create("empty range", b"w/d", range_end=b"w/d")
    watching.create("every key", b"\0", range_end=b"\0")
    watching.create("empty key", b"")
    watching.create("from a key on", b"w/c", range_end=b"\0")
    watching.create("negative id", b"w/c", watch_id=-9)
    for number in range(20):
        watching.stream.create(b"w/%d" % number, watch_id=100 + number)
    watching.see("twenty at once, in order", answers=20)
    watching.stream.cancel(7)
    watching.see("cancel")
    watching.stream.cancel(7)
    watching.create("an id that was cancelled", b"w/none", watch_id=7)


def live_events(watching, api) -> None:
    watching.create("prefix", b"w/l/", range_end=b"w/l0", prev_kv=True)
    put(api, b"w/l/a", b"1")
    watching.see("put")
    put(api, b"w/l/a", b"2")
    watching.see("put again")
    delete(api, b"w/l/a")
    watching.see("delete")
    delete(api, b"w/l/a")
    put(api, b"w/other", b"1")
    put(api, b"w/l/a", b"3")
    watching.see("put after delete")
    txn(api, put_op(b"w/l/c", b"1"), put_op(b"w/l/b", b"1"), put_op(b"w/x", b"1"), delete_op(b"w/l/a"))
    watching.see("transaction")
    delete(api, b"w/l/", b"w/l0")
    watching.see("range deleted")
    watching.create("one key without what was before", b"w/l/one")
    put(api, b"w/l/one", b"1")
    watching.see_sorted("two watches", 2)


def history(watching, api) -> None:
    first = put(api, b"w/h", b"1")
    for value in range(2, 6):
        put(api, b"w/h", b"%d" % value)
    delete(api, b"w/h")
    last = txn(api, put_op(b"w/h", b"9"), put_op(b"w/h2", b"9"))
    watching.create("from the beginning", b"w/h", start=first, prev_kv=True)
    watching.see_events("history", 7)
    watching.create("a part", b"w/h", range_end=b"w/i", start=last - 1)
    watching.see_events("history of a range", 3)
    watching.create("the newest", b"w/h2", start=last)
    watching.see_events("the newest", 1)
    watching.create("the next", b"w/h2", start=last + 1)
    watching.create("the future", b"w/h2", start=last + 3, watch_id=50)
    for value in (b"10", b"11", b"12"):
        put(api, b"w/h2", value)
    watching.see_sorted("live at last", 3 + 3 + 3 + 1)


def filters(watching, api) -> None:
    watching.create("no puts", b"w/f", filters=[NOPUT])
    put(api, b"w/f", b"1")
    delete(api, b"w/f")
    watching.see("only the deletion")
    watching.stream.cancel(0)
    watching.see("cancel")
    watching.create("no deletions, and a filter that nobody knows", b"w/f", filters=[NODELETE])
    put(api, b"w/f", b"2")
    watching.see("the put")
    delete(api, b"w/f")
    put(api, b"w/f", b"3")
    watching.see("the next put")
    watching.create("neither", b"w/f", filters=[NOPUT, NODELETE])
    put(api, b"w/f", b"4")
    watching.see("nothing for the last one")


def progress(watching, api) -> None:
    last = put(api, b"w/p", b"1")
    watching.create("quiet", b"w/quiet")
    watching.create("from now on", b"w/p")
    watching.stream.ask_progress()
    watching.see("progress")
    put(api, b"w/p", b"2")
    watching.see("event")
    watching.stream.ask_progress()
    watching.see("progress behind the event")
    watching.create("past", b"w/p", start=last)
    watching.see_events("past", 2)
    watching.stream.ask_progress()
    watching.see("progress behind history")


def compacted(watching, api) -> None:
    first = put(api, b"w/z", b"1")
    last = [put(api, b"w/z", b"%d" % value) for value in range(2, 6)][-1]
    api.kv.Compact(pb.CompactionRequest(revision=last - 1), timeout=30)
    watching.create("what is compacted", b"w/z", start=first, answers=2)
    watching.create("just what is compacted", b"w/z", start=last - 2, answers=2)
    watching.create("at the compacted revision", b"w/z", start=last - 1)
    watching.see_events("at the compacted revision", 2)
    watching.create("behind it, with what was before", b"w/z", start=last, prev_kv=True)
    watching.see_events("behind it", 1)
    watching.create("now", b"w/z2")
    put(api, b"w/z2", b"1")
    watching.see("compaction ends no watch that keeps up")


def fragments(watching, api) -> None:
    """One revision is more than a response in one piece may be."""
    large = b"v" * 900_000
    span = {"key": b"w/g", "range_end": b"w/h", "prev_kv": True, "filters": [NOPUT]}
    watching.create("in fragments", **span, fragment=True)
    watching.create("whole", **span)
    for number in range(4):
        put(api, b"w/g%d" % number, large)
    delete(api, b"w/g", b"w/h")
    answers = {0: [], 1: []}
    while sum(len(a.events) for seen in answers.values() for a in seen) < 8:
        answer = watching.stream.next()
        answers[answer.watch_id].append(answer)
    for watch, seen in answers.items():
        watching.transcript.add(f"watch {watch}", answer=[(a.fragment, len(a.events), a.size // 1000) for a in seen])
    watching.stream.cancel(0)
    watching.stream.cancel(1)
    watching.see("cancelled", answers=2)
    watching.create("one large event cannot be cut", b"w/g", fragment=True)
    put(api, b"w/g", large)
    watching.see("one event")


def odd_requests(watching, api) -> None:
    watching.stream.send(b"")  # none of the kinds: passed over
    watching.stream.cancel(12345)
    watching.create("after nonsense", b"w/o")
    watching.stream.half_close()
    put(api, b"w/o", b"1")
    watching.see("events go on when the client has said all")
    with Watching(watching.transcript, api) as broken:
        broken.stream.send(b"\x0a\xff\xff\xff\xff\x0f")
        try:
            broken.stream.next()
        except Ended as ended:
            # The texts of a protobuf library's complaints are its own.
            watching.transcript.add("no message at all", answer=ended.code.name)
    with WatchStream(api.channel, metadata=(("hasleader", "true"),)) as stream:
        stream.create(b"w/o2")
        watching.transcript.add("with hasleader", answer=text(stream.next()))


__all__ = ["watch_steps", "grpc"]
