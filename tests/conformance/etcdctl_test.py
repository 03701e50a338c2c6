#!/usr/bin/env python3
"""Debian's etcdctl before kvd and before Debian's etcd: the same texts and exit codes, step by step."""

import subprocess
import sys
from pathlib import Path

import runs
from etcdctl_steps import steps

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from allowed import ETCDCTL  # noqa: E402

COMMAND_SECONDS = 60


class Etcdctl:
    """Each call is a step of the transcript."""

    def __init__(self, transcript, server, cluster):
        self.transcript = transcript
        self.endpoints = server.endpoint
        self.all_endpoints = cluster.endpoints
        self.program = places.tool("etcdctl", "etcd-client")

    def __call__(self, *arguments, stdin=b"", unordered=False, everywhere=False) -> str:
        endpoints = self.all_endpoints if everywhere else self.endpoints
        environment = places.environment(ETCDCTL_API="3", ETCDCTL_ENDPOINTS=endpoints)
        timeout = f"--command-timeout={int(20 * places.time_scale())}s"
        done = subprocess.run(
            [self.program, timeout, *arguments],
            input=stdin,
            capture_output=True,
            env=environment,
            timeout=COMMAND_SECONDS * places.time_scale(),
            check=False,
        )
        stdout = self.read(done.stdout.decode("utf-8", "backslashreplace"))
        stderr = done.stderr.decode("utf-8", "backslashreplace")
        title = "etcdctl " + " ".join(str(a)[:80] for a in arguments)
        if stdin:
            title += f" <<< {stdin[:120]!r}"
        self.transcript.add(title, unordered=unordered, exit=done.returncode, stdout=stdout, stderr=stderr)
        return stdout

    def read(self, stdout: str) -> str:
        """What is recorded of an output."""
        return stdout


def script(transcript, server, cluster) -> None:
    steps(Etcdctl(transcript, server, cluster))


if __name__ == "__main__":
    sys.exit(runs.main(script, ETCDCTL))
