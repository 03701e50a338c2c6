#!/usr/bin/env python3
"""kvctl's verbs for looking around and for changing by hand: ls, tree, du, diff, log, edit, incr, wait key."""

import json
import subprocess
import threading
import unittest

from cli_test import CONFLICT, DATA, NO, NO_INPUT, OK, TIMEOUT, USAGE, Scripted

import places


class Browsing(Scripted):
    def fill(self, prefix: str, names) -> None:
        for name in names:
            self.kvctl("put", f"{prefix}{name}", f"value of {name}")

    def test_ls_prints_names_and_directories(self):
        self.fill("ls/", ("a", "b/1", "b/2", "b-1", "c/x/y", "d"))
        self.assertEqual(self.kvctl("ls", "ls/").decode().split(), ["a", "b-1", "b/", "c/", "d"])
        self.assertEqual(self.kvctl("ls", "ls/b/").decode().split(), ["1", "2"])
        lines = [json.loads(line) for line in self.kvctl("ls", "ls/", "-w", "jsonl").splitlines()]
        self.assertEqual(lines[2], {"name": "b/", "directory": True})
        self.assertEqual(json.loads(self.kvctl("ls", "ls/b/", "-w", "json"))[0], {"name": "1", "directory": False})
        self.assertEqual(self.kvctl("ls", "ls-none/", code=NO), b"")
        self.kvctl("ls", "ls/", "--delim", "", code=USAGE)
        self.kvctl("ls", "ls/", "-w", "fields", code=USAGE)

    def test_ls_passes_over_what_is_below(self):
        lines = "".join(json.dumps({"key": f"wide/{d}/{i:04}", "value": "x"}) + "\n" for d in "ab" for i in range(400))
        self.kvctl("import", stdin=lines.encode())
        self.kvctl("put", "wide/c", "x")
        self.assertEqual(self.kvctl("ls", "wide/").decode().split(), ["a/", "b/", "c"])
        self.assertEqual(len(self.kvctl("ls", "wide/a/").split()), 400)

    def test_another_delimiter(self):
        self.fill("dots.", ("a.b", "a.c", "d"))
        self.assertEqual(self.kvctl("ls", "dots.", "--delim", ".").decode().split(), ["a.", "d"])

    def test_tree(self):
        self.fill("tree/", ("a", "b/1", "b/c/2"))
        drawn = self.kvctl("tree", "tree/").decode()
        self.assertEqual(drawn.splitlines(), ["tree/", "├── a", "└── b/", "    ├── 1", "    └── c/", "        └── 2"])
        self.assertIn("2 directories, 3 keys", self.words)
        self.assertEqual(len(self.kvctl("tree", "tree/", "--depth", "1").splitlines()), 3)
        self.kvctl("tree", "tree-none/", code=NO)

    def test_du(self):
        self.kvctl("put", "du/a", "12345")
        self.kvctl("put", "du/b/c", "1")
        self.kvctl("put", "du/b/c", "123")
        lines = {line["name"]: line for line in map(json.loads, self.kvctl("du", "du/", "-w", "jsonl").splitlines())}
        self.assertEqual(lines["du/"], {"name": "du/", "bytes": 4 + 5 + 6 + 3, "keys": 2, "changes": 3})
        self.assertEqual(lines["du/b/"], {"name": "du/b/", "bytes": 9, "keys": 1, "changes": 2})
        self.assertEqual(self.kvctl("du", "du/", "--depth", "1").decode().splitlines()[0], "18\t2\t3\tdu/")
        self.assertIn(b"BYTES", self.kvctl("du", "du/", "-w", "table"))
        self.kvctl("du", "du-none/", code=NO)

    def test_what_it_was_then(self):
        revision = self.kvctl("put", "then/a", "1", "--print-rev").decode().strip()
        self.kvctl("put", "then/b", "1")
        self.assertEqual(self.kvctl("ls", "then/", "--rev", revision).decode().split(), ["a"])

    def test_log(self):
        for value in ("one", "two", "three"):
            self.kvctl("put", "log/a", value)
        lines = [json.loads(line) for line in self.kvctl("log", "log/a", "-w", "jsonl").splitlines()]
        self.assertEqual([(line["value"], line["version"]) for line in lines], [("three", 3), ("two", 2), ("one", 1)])
        self.assertEqual(len(self.kvctl("log", "log/a", "--limit", "2").splitlines()), 4)
        self.kvctl("log", "log/none", code=NO)
        self.kvctl("del", "log/a")
        self.kvctl("log", "log/a", code=NO)
        back = str(lines[0]["mod_revision"])
        self.assertEqual(len(self.kvctl("log", "log/a", "--rev", back, "-w", "jsonl").splitlines()), 3)


class Differences(Scripted):
    def test_of_prefixes(self):
        for key, value in (("p/a", "1"), ("p/b", "1"), ("p/c", "1"), ("q/b", "1"), ("q/c", "2"), ("q/d", "1")):
            self.kvctl("put", key, value)
        self.assertEqual(self.kvctl("diff", "p/", "q/", code=NO).decode().splitlines(), ["- a", "~ c", "+ d"])
        self.assertEqual(self.kvctl("diff", "p/", "q/", "--values", code=NO).decode().splitlines(),
                         ["- a", "  - 1", "~ c", "  - 1", "  + 2", "+ d", "  + 1"])
        lines = [json.loads(line) for line in self.kvctl("diff", "p/", "q/", "-w", "jsonl", code=NO).splitlines()]
        self.assertEqual(lines[1], {"change": "changed", "key": "c", "before": "1", "after": "2"})
        self.assertEqual(self.kvctl("diff", "p/", "p/", code=OK), b"")
        self.kvctl("diff", "p/", code=USAGE)

    def test_of_times_and_places(self):
        before = self.kvctl("put", "times/a", "1", "--print-rev").decode().strip()
        self.kvctl("put", "times/a", "2")
        self.kvctl("put", "times/b", "1")
        self.assertEqual(self.kvctl("diff", "times/", "--from-rev", before, code=NO).decode().split(), ["~", "a", "+", "b"])
        self.kvctl("diff", "times/", "--from-rev", before, "--to-rev", before, code=OK)
        self.kvctl("diff", "times/", "--to-endpoints", self.server.endpoint, code=OK)

    def test_of_a_snapshot(self):
        self.kvctl("put", "snap/a", "1")
        self.kvctl("put", "snap/gone", "1")
        self.kvctl("del", "snap/gone")
        file = self.directory / "diff.kvsnap"
        self.kvctl("snapshot", "save", str(file))
        self.kvctl("diff", "snap/", "--snapshot", str(file), code=OK)
        self.kvctl("put", "snap/a", "2")
        self.assertEqual(self.kvctl("diff", "snap/", "--snapshot", str(file), code=NO), b"~ a\n")
        self.kvctl("diff", "snap/", "--snapshot", str(self.directory / "none"), code=NO_INPUT)
        file.write_bytes(file.read_bytes()[:-10])
        self.kvctl("diff", "snap/", "--snapshot", str(file), code=DATA)


class Changing(Scripted):
    def test_incr(self):
        self.assertEqual(self.kvctl("incr", "n"), b"1\n")
        self.assertEqual(self.kvctl("incr", "n", "41"), b"42\n")
        self.assertEqual(self.kvctl("incr", "n", "--", "-2"), b"40\n")
        self.assertEqual(self.kvctl("get", "n", "-w", "raw"), b"40")
        self.kvctl("incr", "n", "x", code=USAGE)
        self.kvctl("incr", "n", "9223372036854775807", code=DATA)
        self.kvctl("put", "word", "word")
        self.kvctl("incr", "word", code=DATA)

    def test_incr_gives_no_number_twice(self):
        seen = []
        threads = [threading.Thread(target=lambda: seen.extend(self.shell(
            "for i in $(seq 10); do kvctl incr shared; done").split())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(int, seen)), list(range(1, 41)))

    def test_edit(self):
        self.kvctl("put", "e", "before\n")
        self.kvctl("edit", "e", KVCTL_EDITOR="sed -i s/before/after/")
        self.assertEqual(self.kvctl("get", "e", "-w", "raw"), b"after\n")
        self.kvctl("edit", "e", KVCTL_EDITOR="true")
        self.assertIn("nothing changed", self.words)
        self.kvctl("edit", "e", KVCTL_EDITOR="false", code=NO)
        self.kvctl("edit", "fresh", KVCTL_EDITOR="echo new >")
        self.assertEqual(self.kvctl("get", "fresh", "-w", "raw"), b"new\n")

    def test_edit_never_overwrites(self):
        self.kvctl("put", "race", "1")
        self.kvctl("edit", "race", KVCTL_EDITOR="kvctl put race 2; echo mine >", code=CONFLICT)
        kept = self.words.rsplit(" ", 1)[1].strip()
        self.assertEqual(self.kvctl("get", "race", "-w", "raw"), b"2")
        with open(kept, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine\n")
        subprocess.run(["rm", "-r", kept.removesuffix("/value")], check=True)

    def test_wait_key(self):
        waiting = subprocess.Popen(
            [places.binary("kvctl"), "wait", "key", "w", "--value", "2", "--timeout", "60s"],
            stdout=subprocess.PIPE, env=self.environment())
        self.kvctl("put", "w", "1")
        self.kvctl("wait", "key", "w", "-w", "raw")
        self.kvctl("put", "w", "2")
        self.assertEqual(waiting.communicate(timeout=60 * places.time_scale())[0], b"w\n2\n")
        self.kvctl("wait", "key", "w", "--absent", "--timeout", "500ms", code=TIMEOUT)
        self.kvctl("del", "w")
        self.assertEqual(self.kvctl("wait", "key", "w", "--absent"), b"")
        self.kvctl("wait", "key", "w", "--absent", "--value", "x", code=USAGE)


if __name__ == "__main__":
    unittest.main()
