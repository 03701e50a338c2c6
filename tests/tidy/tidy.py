#!/usr/bin/env python3
"""The house rules that a program can check. Usage: tidy.py [--longest]; exits 1 with one fault a line."""

import sys

import hygiene
import longest
import rooms
import tree
import walk


def main() -> int:
    paths = tree.tracked()
    if "--longest" in sys.argv[1:]:
        longest.show(paths)
        return 0
    allowed = tree.Allowances()
    faults = rooms.check(paths, allowed) + hygiene.check(paths, allowed) + walk.check(paths)
    faults += allowed.unused()
    for fault in faults:
        print(fault)
    print(f"{len(paths)} files, {len(faults)} faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
