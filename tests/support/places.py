"""Where the binaries under test and the tools beside them are."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "exitcode=99:halt_on_error=0:second_deadlock_stack=1"
    f":suppressions={ROOT / 'tests' / 'support' / 'tsan.supp'}",
}


class MissingTool(Exception):
    """A tool that a test needs is not installed: a failure, never a reason to skip."""


def bin_dir() -> Path:
    """The directory of kvd, kvctl, kvsnap and kvwal: KVD_BIN_DIR, or the release build."""
    return Path(os.environ.get("KVD_BIN_DIR") or ROOT / "build" / "release" / "bin")


def binary(name: str) -> str:
    """One of our binaries."""
    path = bin_dir() / name
    if not os.access(path, os.X_OK):
        raise MissingTool(f"{path} is not there: build it, or name its directory in KVD_BIN_DIR")
    return str(path)


def tool(name: str, package: str) -> str:
    """One of the system's programs."""
    path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    if path is None:
        raise MissingTool(f"{name} is not installed (Debian package {package})")
    return path


def npm_packages(package: str) -> Path:
    """The directory of the npm packages of tests/conformance/npm, in which this one must be."""
    directory = ROOT / "build" / "npm" / "node_modules"
    if not (directory / package).is_dir():
        raise MissingTool(f"{directory / package} is not there: tools/dev test installs it")
    return directory


def time_scale() -> float:
    """How much slower than normal the binaries may be: 1, or more under a sanitizer (KVD_TIME_SCALE)."""
    return float(os.environ.get("KVD_TIME_SCALE", "1"))


def environment(**extra: str) -> dict:
    """A clean environment for a child: nothing of ours or etcd's leaks in from the caller."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KVD_", "KVCTL_", "ETCD"))}
    return {**SANITIZER_ENVIRONMENT, **kept, "LC_ALL": "C.UTF-8", **extra}
