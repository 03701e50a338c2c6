"""Names, leftovers, files that nobody builds, pages that mandoc does not like."""

import re
import shutil
import subprocess

from tree import ROOT, is_cpp, text, without_comments

TOP = {
    "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "libraft", "libkv", "tools", "tests", "man",
    ".ci", ".clang-format", ".clang-tidy", ".gitignore",
}
SNAKE = re.compile(r"^[a-z][a-z0-9_]*$")
LEFTOVER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|^#if 0|^<{7} |^>{7} ", re.MULTILINE)
OWNERSHIP = re.compile(r"(?<![\w.])new\s+[\w:(]|(?<![\w.=])\s*\bdelete\s+\w|\bdelete\[\]")
RESULT = re.compile(r"std::expected<[^;{}]*,\s*(?:raft::)?Error>")
SLEEP = re.compile(r"\bsleep_(?:for|until)\s*\(|\busleep\s*\(|(?<![\w.])sleep\s*\(")


def check_top(paths: list) -> list:
    return sorted({f"{p.split('/')[0]}: does not belong at the top" for p in paths if p.split("/")[0] not in TOP})


def check_names(paths: list) -> list:
    faults = []
    for path in paths:
        *directories, name = path.split("/")
        stem, _, extension = name.partition(".")
        if extension in ("h", "cc", "py", "proto", "sh") and not SNAKE.match(stem):
            faults.append(f"{path}: files are named in snake_case")
        for directory in directories:
            if not SNAKE.match(directory) and not directory.startswith("."):
                faults.append(f"{path}: folders are named in snake_case")
    return faults


def check_dead(paths: list) -> list:
    """A source that no CMakeLists.txt beside it names is built by nobody."""
    faults = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        if path.endswith((".cc", ".proto")):
            cmake = ROOT / folder / "CMakeLists.txt"
            if not cmake.is_file() or not re.search(rf"(?<![\w/]){re.escape(name)}(?!\w)", cmake.read_text()):
                faults.append(f"{path}: is in no CMakeLists.txt")
    for path in paths:
        if path.endswith("_test.py") and path.startswith("tests/"):
            folder, _, name = path.rpartition("/")
            if name not in (ROOT / folder / "CMakeLists.txt").read_text():
                faults.append(f"{path}: is a test that ctest does not know")
    included = {i for p in paths if is_cpp(p) for i in re.findall(r'#include "([^"]+)"', text(p))}
    faults += [f"{p}: no file includes it" for p in paths if p.endswith(".h") and p not in included]
    return faults


def check_sources(paths: list, allowed) -> list:
    faults = []

    def object_to(rule: str, path: str, why: str) -> None:
        if not allowed.excuses(rule, path):
            faults.append(f"{path}: {why}")

    for path in paths:
        if path.endswith((".h", ".cc", ".py", ".sh", ".txt", ".md", ".proto")) or path == "tools/dev":
            source = text(path)
            for found in sorted(set(LEFTOVER.findall(source))):
                object_to("leftover", path, f"has a leftover: {found}")
            if re.search(r"[ \t]+$", source, re.MULTILINE) and not path.endswith(".md"):
                object_to("space", path, "has spaces at the end of a line")
            if source and not source.endswith("\n"):
                object_to("space", path, "does not end with a newline")
        if not is_cpp(path):
            continue
        code = without_comments(text(path))
        if path.endswith(".h") and not text(path).startswith("//"):
            object_to("purpose", path, "does not begin with a comment that says what it is for")
        if path.endswith(".h") and "#pragma once" not in code:
            object_to("once", path, "lacks #pragma once")
        if RESULT.search(code) and path != "libraft/base/result.h":
            object_to("result", path, "spells out std::expected<T, Error>; it is Result<T>, from libraft/base/result.h")
        if OWNERSHIP.search(re.sub(r"=\s*delete\b", "", code)):
            object_to("ownership", path, "uses new or delete")
        if SLEEP.search(code) and path.startswith(("tests/unit/", "tests/support/")):
            object_to("sleep", path, "sleeps; tests wait for conditions")
    return faults


def check_manual(paths: list) -> list:
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        return ["mandoc is not installed (Debian package mandoc)"]
    faults = []
    for page in [p for p in paths if p.startswith("man/")]:
        done = subprocess.run([mandoc, "-Tlint", "-Wwarning", str(ROOT / page)], capture_output=True, text=True)
        if done.returncode or done.stdout:
            faults.append(f"{page}: mandoc says {done.stdout.strip()}")
    return faults


def check(paths: list, allowed) -> list:
    return (check_top(paths) + check_names(paths) + check_dead(paths) + check_sources(paths, allowed)
            + check_manual(paths))
