"""The files of the house, and what is excused in them."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOW = Path(__file__).resolve().parent / "allow"
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def tracked() -> list:
    """Paths under version control, and those that are about to be; a tree without git has all its files."""
    try:
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "--cached"],
            capture_output=True, text=True, check=True,
        ).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if "build" not in p.relative_to(ROOT).parts]
    return [path for path in listed if path and (ROOT / path).is_file()]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def is_cpp(path: str) -> bool:
    return path.endswith((".h", ".cc"))


def without_comments(source: str) -> str:
    """The code alone, its lines where they were; texts in quotes are emptied."""
    def blank(match: re.Match) -> str:
        found = match.group(0)
        return '""' if found.startswith('"') else "\n" * found.count("\n")

    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, source, flags=re.DOTALL)


class Allowances:
    """The list of excuses: `rule path reason`. One that excuses nothing is a fault itself."""

    def __init__(self):
        self.rules = {}
        self.used = set()
        for number, line in enumerate(ALLOW.read_text(encoding="utf-8").splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            words = line.split(None, 2)
            if len(words) < 3:
                raise SystemExit(f"tests/tidy/allow line {number}: rule, path and reason are needed")
            self.rules[(words[0], words[1])] = number

    def excuses(self, rule: str, path: str) -> bool:
        if (rule, path) not in self.rules:
            return False
        self.used.add((rule, path))
        return True

    def unused(self) -> list:
        return [
            f"tests/tidy/allow:{number}: excuses nothing (any more): {rule} {path}"
            for (rule, path), number in self.rules.items()
            if (rule, path) not in self.used
        ]
