#!/usr/bin/env python3
"""The checks of watches find what they look for: each fault, made by hand, is reported."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from api import kv_pb2  # noqa: E402
from watch_checks import Change, Stream, check_watch  # noqa: E402
from watching import Answer  # noqa: E402

CHANGES = [
    Change(2, b"a", b"1", None),
    Change(3, b"a", b"2", b"1"),
    Change(3, b"b", b"2", None),
    Change(4, b"a", b"3", b"2"),
]


def events(*changes, at: int = 0) -> Answer:
    made = []
    for change in changes:
        event = kv_pb2.Event(kv=kv_pb2.KeyValue(key=change.key, value=change.value, mod_revision=change.revision))
        if change.before is not None:
            event.prev_kv.value = change.before
        made.append(event)
    return Answer(revision=at or changes[-1].revision, events=tuple(made))


def progress(revision: int) -> Answer:
    return Answer(revision=revision)


GOOD = [events(CHANGES[0]), progress(2), events(*CHANGES[1:3]), events(CHANGES[3]), progress(4)]


class WatchChecks(unittest.TestCase):
    def faults(self, *streams) -> str:
        """Of streams, each (start, answers)."""
        return "\n".join(check_watch("w", [Stream("s", start, answers) for start, answers in streams], CHANGES, 4))

    def test_a_good_stream_has_no_faults(self):
        self.assertEqual(self.faults((1, GOOD)), "")

    def test_history_may_come_in_one_answer(self):
        self.assertEqual(self.faults((1, [events(*CHANGES)])), "")

    def test_a_stream_that_goes_on_where_another_ended_has_no_faults(self):
        self.assertEqual(self.faults((1, GOOD[:2]), (3, GOOD[2:])), "")

    def test_lost_event(self):
        self.assertIn("3 events were told, history has 4", self.faults((1, GOOD[:3])))
        self.assertIn("history has", self.faults((1, [GOOD[0], GOOD[3]])))

    def test_doubled_event(self):
        self.assertIn("is told after", self.faults((1, [GOOD[0], *GOOD])))
        self.assertIn("event 1 is", self.faults((1, GOOD[:1]), (2, GOOD)))

    def test_reordered_events(self):
        self.assertIn("is told after", self.faults((1, [GOOD[2], GOOD[0], GOOD[3]])))
        self.assertIn("out of order", self.faults((1, [events(*reversed(CHANGES))])))

    def test_split_revision(self):
        self.assertIn("is told after", self.faults((1, [GOOD[0], events(CHANGES[1]), events(CHANGES[2]), GOOD[3]])))

    def test_event_from_before_the_start(self):
        self.assertIn("is told after 2", self.faults((3, GOOD)))

    def test_progress_that_overtakes_an_event(self):
        self.assertIn("was not told", self.faults((1, [progress(2), *GOOD])))
        self.assertIn("told after progress", self.faults((1, [GOOD[0], progress(3), *GOOD[2:]])))

    def test_progress_that_goes_back(self):
        self.assertIn("goes back", self.faults((1, [*GOOD, progress(3)])))

    def test_header_behind_its_events(self):
        self.assertIn("behind the event", self.faults((1, [events(CHANGES[0], at=1), *GOOD[2:]])))

    def test_wrong_previous_value(self):
        wrong = Change(4, b"a", b"3", b"1")
        self.assertIn("event 3 is", self.faults((1, [*GOOD[:3], events(wrong)])))
        missing = Change(4, b"a", b"3", None)
        self.assertIn("event 3 is", self.faults((1, [*GOOD[:3], events(missing)])))


if __name__ == "__main__":
    unittest.main()
