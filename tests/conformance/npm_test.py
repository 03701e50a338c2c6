#!/usr/bin/env python3
"""The npm client etcd3 before kvd and before Debian's etcd: the same answers, events and errors."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import runs
from allowed import NPM

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402

STEPS = Path(__file__).resolve().parent / "npm" / "steps.js"
SECONDS = 60


def script(transcript, server, _cluster) -> None:
    node = places.tool("node", "nodejs")
    environment = places.environment(NODE_PATH=str(places.npm_packages("etcd3")))
    command = [node, str(STEPS), server.endpoint, str(places.time_scale())]
    # Each step has its own limit, and a step that reached it is told from the others; this one is for what hangs.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        timer = threading.Timer(SECONDS * places.time_scale(), process.kill)
        timer.start()
        stdout, stderr = process.communicate()
        timer.cancel()
    for line in stdout.decode().splitlines():
        said = json.loads(line)
        if "learn" in said:
            transcript.learn(said["learn"], said["common"])
        else:
            transcript.add(said["title"], answer=said["answer"])
    transcript.add("node ends", exit=process.returncode, stderr=stderr.decode())


if __name__ == "__main__":
    sys.exit(runs.main(script, NPM))
