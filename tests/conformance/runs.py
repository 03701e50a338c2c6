"""Runs a script of steps against etcd and against kvd and holds the transcripts against each other."""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from api import Api  # noqa: E402
from cluster import Cluster  # noqa: E402
from transcript import Transcript, report  # noqa: E402


def particular_names(cluster: Cluster, asked) -> dict:
    """The ids of this cluster, each with the name of its role, which takes its place in a transcript."""
    roles = {cluster.leader(): "LEADER", asked: "ASKED"}
    names = {}
    for server in cluster.servers:
        with Api(server.endpoint) as api:
            header = api.status(timeout=30).header
        names |= dict.fromkeys(both(header.cluster_id), "CLUSTER")
        names |= dict.fromkeys(both(header.member_id), roles.get(server, "OTHER"))
    return names


def both(number: int) -> list:
    """python-etcd3 and JSON print ids in decimal, etcdctl in hexadecimal."""
    return [str(number), f"{number:x}"]


class Run:
    """One kind of server of one size, and the script before it: `script(transcript, server, cluster)`."""

    def __init__(self, kind: str, size: int, script):
        self.kind, self.size, self.script = kind, size, script
        self.transcript = None
        self.failure = None

    def go(self, cluster: Cluster) -> None:
        try:
            # With three members a follower is asked: it must answer as the leader would.
            server = cluster.servers[0] if self.size == 1 else cluster.follower()
            self.transcript = Transcript(f"{self.kind} x{self.size}", particular_names(cluster, server))
            self.script(self.transcript, server, cluster)
        except BaseException as error:  # handed to the main thread
            self.failure = error
        if "--print" in sys.argv and self.kind == "etcd" and self.transcript:
            for step in self.transcript.steps:
                print(step.title, *(f"  {source}: {text}" for source, text in step.seen), sep="\n")


def compare(size: int, script, allowed: list, flags: tuple, kinds=("etcd", "kvd")) -> bool:
    """Both at once, each before the same script; true when they agree."""
    began = time.monotonic()
    runs = [Run(kind, size, script) for kind in kinds]
    with Cluster(kinds[0], size, flags) as first, Cluster(kinds[1], size, flags) as second:
        threads = [threading.Thread(target=run.go, args=(c,)) for run, c in zip(runs, (first, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for run in runs:
            if run.failure:
                raise run.failure
        agree = report(runs[0].transcript, runs[1].transcript, allowed)
    print(f"{size} member(s): {time.monotonic() - began:.1f} s", flush=True)
    return agree


def main(script, allowed: list, flags: tuple = ()) -> int:
    """`--against etcd` compares etcd with itself: the check that a script is deterministic.

    `--print` writes out what etcd answered.
    """
    against = sys.argv[sys.argv.index("--against") + 1] if "--against" in sys.argv else "kvd"
    rules = allowed if against == "kvd" else []
    agree = [compare(size, script, rules, flags, ("etcd", against)) for size in (1, 3)]
    return 0 if all(agree) else 1
