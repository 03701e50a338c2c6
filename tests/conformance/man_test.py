#!/usr/bin/env python3
"""The man pages and --help say the same: every long option of one stands in the other."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402

PAGES = {"kvd": "kvd.8", "kvctl": "kvctl.1", "kvwal": "kvwal.1", "kvsnap": "kvsnap.1"}
# Where an option is listed: at the beginning of a line, behind its letter if it has one.
LISTED = re.compile(r"^\s+(?:-\w, )?--([a-z0-9][a-z0-9*-]*)", re.MULTILINE)
TAG = re.compile(r"^\.It .*$", re.MULTILINE)
DEFINED = re.compile(r"Fl -([a-z0-9][a-z0-9*-]*)")
# What every page of a thing that runs has, in this order.
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]


def page_of(tool: str) -> Path:
    return places.ROOT / "man" / PAGES[tool]


def defined_in(tool: str) -> set:
    """The long options that the lists of a page describe."""
    return {name for tag in TAG.findall(page_of(tool).read_text()) for name in DEFINED.findall(tag)}


def output(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60 * places.time_scale(),
        env=places.environment(),
    )
    return done.stdout


def verbs(tool: str) -> list:
    """The commands that the help of a tool lists."""
    listed = re.search(r"^(?:COMMANDS|Verbs)\n((?:  .*\n)+)", output(places.binary(tool), "--help"), re.MULTILINE)
    return [re.split(r"\s{2,}", line.strip())[0] for line in listed[1].splitlines()] if listed else []


def help_texts(tool: str) -> list:
    program = places.binary(tool)
    return [output(program, "--help")] + [output(program, *verb.split(), "--help") for verb in verbs(tool)]


class Pages(unittest.TestCase):
    def test_they_are_there_and_well_formed(self):
        mandoc = places.tool("mandoc", "mandoc")
        for tool in PAGES:
            with self.subTest(tool=tool):
                done = subprocess.run([mandoc, "-Tlint", "-Wwarning", str(page_of(tool))], capture_output=True, text=True)
                self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_every_option_of_the_help_is_in_the_page(self):
        for tool in PAGES:
            defined = defined_in(tool)
            for text in help_texts(tool):
                with self.subTest(tool=tool, help=text.splitlines()[0]):
                    self.assertEqual(set(LISTED.findall(text)) - defined, set(), f"man/{PAGES[tool]} lacks these")

    def test_every_option_of_the_page_is_in_the_help(self):
        for tool in PAGES:
            with self.subTest(tool=tool):
                listed = {name for text in help_texts(tool) for name in LISTED.findall(text)}
                self.assertGreater(len(listed), 2, "the help lists no options: this test has shown nothing")
                self.assertEqual(defined_in(tool) - listed, set(), "the help lacks these")

    def test_every_verb_is_in_the_page(self):
        for tool in ("kvctl", "kvwal", "kvsnap"):
            rendered = output(places.tool("mandoc", "mandoc"), "-Tascii", str(page_of(tool)))
            plain = re.sub(".\b", "", rendered)
            found = verbs(tool)
            self.assertGreater(len(found), 2)
            for verb in found:
                with self.subTest(tool=tool, verb=verb):
                    self.assertRegex(plain, rf"(?m)^\s*{re.escape(verb)}\b")

    def test_sections(self):
        for tool in PAGES:
            with self.subTest(tool=tool):
                sections = re.findall(r"^\.Sh (.*)$", page_of(tool).read_text(), re.MULTILINE)
                self.assertEqual([s for s in sections if s in SECTIONS], SECTIONS)


if __name__ == "__main__":
    unittest.main(verbosity=1)
