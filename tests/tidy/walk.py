"""What the READMEs say of the house is true: every file they name is there, every room is named."""

import re
from pathlib import PurePosixPath

from rooms import LAW
from tree import ROOT, text

NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.{},*-]*)`")
STEP = re.compile(r"^\s*(\d+)\.? ", re.MULTILINE)
STEPS = 13
FAULTS, FAULT_ROWS = "tests/README.md", 26
FAULT_ROW = re.compile(r"^\| (\d+) \|[^|]*\|([^|]*)\|$", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")


def expand(name: str) -> list:
    """`core/{a,b}.cc` is two names."""
    found = re.match(r"(.*)\{([^}]*)\}(.*)", name)
    return [f"{found[1]}{part}{found[3]}" for part in found[2].split(",")] if found else [name]


def check_named_files(paths: list) -> list:
    faults = []
    for readme in [p for p in paths if p.endswith("README.md")]:
        here = PurePosixPath(readme).parent
        for name in NAMED.findall(text(readme)):
            for one in expand(name.rstrip("/")):
                if one.startswith(("build/", "var/", "etc/")):
                    continue
                bases = (ROOT, ROOT / here, ROOT / "libraft", ROOT / "libkv")
                if not any(list(base.glob(one)) for base in bases):
                    faults.append(f"{readme}: names {one}, which is not there")
    return faults


def check_walk(paths: list) -> list:
    """README.md has the way of a write, all its steps in order, each with a file."""
    if "README.md" not in paths:
        return ["README.md is not there"]
    section = re.search(r"^## [^\n]*way of a write.*?(?=^## |\Z)", text("README.md"), re.MULTILINE | re.DOTALL)
    if section is None:
        return ["README.md: has no section about the way of a write"]
    steps = [line for line in section[0].splitlines() if re.match(r"\s*\d+[a-z]? ", line)]
    numbers = sorted({int(re.match(r"\s*(\d+)", line)[1]) for line in steps})
    faults = [] if numbers == list(range(1, STEPS + 1)) else [f"README.md: the walk has steps {numbers}"]
    for line in steps:
        files = re.findall(r"\b(?:libraft|libkv)/[\w/]+\.(?:cc|h)\b", line)
        if not files:
            faults.append(f"README.md: this step of the walk names no file: {line.strip()}")
        faults += [f"README.md: the walk names {name}, which is not there" for name in files
                   if not (ROOT / name).is_file()]
    return faults


def check_rooms_named(paths: list) -> list:
    faults = []
    for room in LAW:
        library, _, name = room.partition("/")
        readme = f"{library}/README.md"
        if readme in paths and not re.search(rf"\b{re.escape(name)}\b", text(readme)):
            faults.append(f"{readme}: does not name {room}")
    return faults


def check_fault_rows(paths: list) -> list:
    """tests/README.md has every row of the matrix of faults, and the tests that it names are in the files that it names."""
    if FAULTS not in paths:
        return [f"{FAULTS} is not there"]
    rows = FAULT_ROW.findall(text(FAULTS))
    numbers = [int(number) for number, _ in rows]
    faults = []
    if numbers != list(range(1, max([FAULT_ROWS, *numbers]) + 1)):
        faults.append(f"{FAULTS}: the rows of bad input are {numbers}")
    for number, where in rows:
        file = None
        for name in QUOTED.findall(where):
            if "/" in name:
                file = name
            elif file is None or not (ROOT / file).is_file():
                faults.append(f"{FAULTS}: row {number} names {name} without a file")
            elif not re.search(rf"\b(?:def|class) {name}\b|TEST(?:_F|_P)?\(\w+,\s*{name}\)", text(file)):
                faults.append(f"{FAULTS}: row {number} names {name}, which is not in {file}")
        if file is None:
            faults.append(f"{FAULTS}: row {number} names no file")
    return faults


def check(paths: list) -> list:
    return check_named_files(paths) + check_walk(paths) + check_rooms_named(paths) + check_fault_rows(paths)
