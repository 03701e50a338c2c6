#!/usr/bin/env python3
"""The checks of the chaos test find what they look for: each fault, made by hand, is reported."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import checks  # noqa: E402
from checks import Version  # noqa: E402
from workload import Operation  # noqa: E402

KEY = b"k"
HISTORY = {KEY: [Version(2, 1, 2, b"a"), Version(5, 2, 2, b"b")]}


def put(value: bytes, asked: float, done: float | None, revision: int, **more) -> Operation:
    return Operation("put", KEY, value, asked, done, revision, revision, **more)


def get(value: bytes, asked: float, done: float, revision: int, store_revision: int = 0) -> Operation:
    return Operation("get", KEY, value, asked, done, revision, store_revision or revision)


GOOD = [put(b"a", 1, 2, 2), get(b"a", 2.5, 3, 2), put(b"b", 3, 5, 5), get(b"b", 4, 6, 5)]


class Checks(unittest.TestCase):
    def faults(self, operations, history=None) -> str:
        kept = HISTORY if history is None else history
        found = checks.check_versions(kept) + checks.check_writes(kept, operations)
        return "\n".join(found + checks.check_reads(kept, operations) + checks.check_order(kept, operations))

    def test_a_good_run_has_no_faults(self):
        self.assertEqual(self.faults(GOOD), "")

    def test_a_write_without_an_answer_may_or_may_not_be_there(self):
        self.assertEqual(self.faults([GOOD[0], put(b"b", 3, None, 0), put(b"c", 3, None, 0)]), "")

    def test_lost_write(self):
        self.assertIn("LOST", self.faults([*GOOD, put(b"c", 7, 8, 9)]))

    def test_write_at_another_revision_than_was_said(self):
        self.assertIn("LOST", self.faults([GOOD[0], put(b"b", 3, 5, 4)]))

    def test_invented_value(self):
        self.assertIn("INVENTED", self.faults(GOOD[:2]))

    def test_write_that_happened_twice(self):
        history = {KEY: [*HISTORY[KEY], Version(6, 3, 2, b"b")]}
        self.assertIn("TWICE", self.faults(GOOD, history))

    def test_condition_that_failed_and_yet_wrote(self):
        refused = Operation("put-if", KEY, b"b", 3, 5, 0, 5, applied=False)
        self.assertIn("REFUSED YET WRITTEN", self.faults([GOOD[0], refused]))

    def test_read_of_a_value_that_was_not_there(self):
        self.assertIn("MISREAD", self.faults([*GOOD, get(b"z", 7, 8, 5)]))

    def test_stale_read(self):
        self.assertIn("BACK IN TIME", self.faults([*GOOD, get(b"a", 7, 8, 2)]))

    def test_absence_after_presence(self):
        self.assertIn("BACK IN TIME", self.faults([*GOOD, get(b"", 7, 8, 0)]))

    def test_store_revision_that_goes_back(self):
        self.assertIn("the store", self.faults([*GOOD, get(b"b", 7, 8, 5, store_revision=4)]))

    def test_write_that_took_effect_before_it_was_asked_for(self):
        late = put(b"a", 7, None, 0)
        self.assertIn("BACK IN TIME", self.faults([late, GOOD[2]]))

    def test_version_that_goes_back_and_gaps(self):
        self.assertTrue(checks.check_versions({KEY: [Version(2, 1, 2, b"a"), Version(5, 1, 5, b"b")]}))
        self.assertTrue(checks.check_versions({KEY: [Version(2, 1, 2, b"a"), Version(5, 3, 2, b"b")]}))

    def test_revision_that_two_keys_have(self):
        self.assertTrue(checks.check_versions({b"x": [Version(2, 1, 2, b"a")], b"y": [Version(2, 1, 2, b"b")]}))


if __name__ == "__main__":
    unittest.main(verbosity=1)
