#!/usr/bin/env python3
"""kvd beside Debian's etcd: the same load from kvctl bench, one server after the other, fresh data on one disk.

A report, never a test: it prints, it judges nothing.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from cluster import Cluster  # noqa: E402

SHAPES = ((8, 32), (1, 1), (64, 16))  # connections x streams
OPERATIONS = ("put", "get")
VALUE_BYTES = 256
KEY_SPACE = 20000


@dataclass(frozen=True)
class Load:
    nodes: int
    connections: int
    streams: int
    operation: str

    def text(self) -> str:
        return f"{self.nodes} node{'s' if self.nodes > 1 else ' '}  {self.connections:2} x {self.streams:<2}  {self.operation}"


@dataclass(frozen=True)
class Result:
    per_second: float
    p50: float
    p99: float
    failures: int


def bench(endpoints: str, operation: str, *options: str) -> Result:
    command = [places.binary("kvctl"), "bench", operation, "--endpoints", endpoints, "-w", "json", "--quiet",
               "--val-size", str(VALUE_BYTES), "--key-space", str(KEY_SPACE), *options]
    done = subprocess.run(command, capture_output=True, text=True, env=places.environment(), check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    found = json.loads(done.stdout)
    return Result(found["calls_per_second"], found["latency_ms"]["p50"], found["latency_ms"]["p99"], found["failures"])


def measure(kind: str, nodes: int, options) -> dict:
    """All loads of one server on one size of cluster."""
    results = {}
    with Cluster(kind, nodes) as cluster:
        fill = ("--connections", "8", "--streams", "32", "--sequential", "--total", str(KEY_SPACE), "--warm-up", "0s")
        bench(cluster.endpoints, "put", *fill)
        for connections, streams in options.shapes:
            for operation in options.operations:
                load = Load(nodes, connections, streams, operation)
                print(f"{kind:5} {load.text()} ...", end="\r", file=sys.stderr, flush=True)
                results[load] = bench(
                    cluster.endpoints, operation, "--connections", str(connections), "--streams", str(streams),
                    "--duration", f"{options.seconds}s", "--threads", str(options.threads))
        print(" " * 60, end="\r", file=sys.stderr)
    return results


def print_table(etcd: dict, kvd: dict) -> None:
    print(f"{VALUE_BYTES}-byte values, {KEY_SPACE} keys, {os.cpu_count()} cores; load as connections x streams;"
          " get is linearizable; ms")
    print(f"{'load':24} | {'etcd/s':>9} {'p50':>8} {'p99':>8} | {'kvd/s':>9} {'p50':>8} {'p99':>8} |"
          f" {'per s':>7} {'p50':>7}")
    for load, theirs in etcd.items():
        ours = kvd[load]
        print(f"{load.text():24} | {theirs.per_second:9.0f} {theirs.p50:8.3f} {theirs.p99:8.3f}"
              f" | {ours.per_second:9.0f} {ours.p50:8.3f} {ours.p99:8.3f}"
              f" | {ours.per_second / max(theirs.per_second, 1e-9):6.2f}x {ours.p50 / max(theirs.p50, 1e-9):6.2f}x"
              + (f"  failed: etcd {theirs.failures}, kvd {ours.failures}" if theirs.failures or ours.failures else ""))


def shape(text: str) -> tuple:
    connections, _, streams = text.partition("x")
    return int(connections), int(streams)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/dev bench", description=__doc__)
    parser.add_argument("--bin", metavar="DIR", help="where kvd and kvctl are (default: build/release/bin)")
    parser.add_argument("--seconds", type=float, default=10, help="of each load (default: 10)")
    parser.add_argument("--threads", type=int, default=1, help="of the load generator (default: 1)")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 3], help="sizes of clusters (default: 1 3)")
    parser.add_argument("--shapes", type=shape, nargs="+", default=SHAPES, metavar="CxS",
                        help="connections x streams (default: 8x32 1x1 64x16)")
    parser.add_argument("--operations", nargs="+", default=OPERATIONS, choices=("put", "get", "txn", "range"))
    options = parser.parse_args()
    if options.bin:
        os.environ["KVD_BIN_DIR"] = options.bin
    etcd, kvd = {}, {}
    for nodes in options.nodes:
        etcd |= measure("etcd", nodes, options)
        kvd |= measure("kvd", nodes, options)
    print_table(etcd, kvd)
    return 0


if __name__ == "__main__":
    sys.exit(main())
