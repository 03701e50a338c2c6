#!/usr/bin/env python3
"""The same random requests to kvd and to Debian's etcd, one after the other: every answer, every event, every hash is the same.

random_test.py [--seeds N] [--first N] [--over grpc|json] [--members N] runs N seeds; --seed N [--trace] plays one again.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from etcd3.etcdrpc import rpc_pb2 as pb  # noqa: E402

from api import Api  # noqa: E402
from cluster import Cluster  # noqa: E402
from random_recipes import Recipes  # noqa: E402
from random_requests import LEASES, Requests  # noqa: E402
from random_sides import METHODS, GrpcSide, JsonSide, one_line  # noqa: E402
from random_watches import Difference, Log, Streams  # noqa: E402

KINDS = ("etcd", "kvd")
FRESH_EVERY = 50  # a seed that this divides begins with new servers, which have compacted nothing
LARGE_EVERY = 40  # a seed that this divides has values that make responses too large for one piece
LARGE_VALUE = 120_000
STEPS = 60
DUPLICATE = "duplicate key given in txn request"


class Play:
    """One seed against both servers."""

    def __init__(self, seed: int, over: str, servers: dict, trace: bool):
        self.random, self.trace, self.titles = random.Random(seed), trace, []
        self.requests = Requests(self.random, LARGE_VALUE if seed % LARGE_EVERY == 0 else 40)
        self.apis = {kind: Api(server.endpoint) for kind, server in servers.items()}
        self.grpc = {kind: GrpcSide(server) for kind, server in servers.items()}
        self.sides = self.grpc if over == "grpc" else {
            kind: JsonSide(server, ("/v3",) if kind == "etcd" else ("/v3", "/v3beta", "/v3alpha"), random.Random(seed))
            for kind, server in servers.items()
        }
        self.channels = {kind: api.channel for kind, api in self.apis.items()}
        self.recipes = Recipes(self.grpc, self.random)
        self.streams = []

    def run(self, is_fresh: bool) -> None:
        try:
            self._begin(is_fresh)
            for _ in range(STEPS):
                self._step()
            self._end()
        finally:
            for one in (*self.streams, *([self.log] if hasattr(self, "log") else []), *self.sides.values(),
                        *self.grpc.values()):
                one.close()
            for api in self.apis.values():
                api.channel.close()

    def _begin(self, is_fresh: bool) -> None:
        # Every seed finds the same, whatever was before: nothing, and all that was is compacted.
        if not is_fresh:
            for _ in range(5):  # what is asked below the first revisions depends on no seed before
                self._ask(pb.PutRequest(key=b"a"))
            self._ask(pb.DeleteRangeRequest(key=b"\0", range_end=b"\0"))
            self._ask(pb.PutRequest(key=b"a"))
            self._ask(pb.CompactionRequest(revision=self.requests.now, physical=True))
            self._ask(pb.DeleteRangeRequest(key=b"a"))
        self.requests.base = self.requests.now
        self.requests.compacted = -1 if is_fresh else self.requests.now - 1
        self.log = Log(self.channels, max(1, self.requests.compacted))
        self.streams = [Streams(self.channels, self.log) for _ in range(2)]

    def _say(self, title: str) -> None:
        self.titles.append(title)
        if self.trace:
            print(f"{len(self.titles):4} {title}", flush=True)

    def _ask(self, request):
        """The answer of both; raises Difference when they differ."""
        title = f"{type(request).__name__} {one_line(request)}"
        self._say(title[:2000])
        sides = self.sides if METHODS[type(request)].gateway else self.grpc
        begun = {kind: side.begin(request) for kind, side in sides.items()}
        return self._compare(title, {kind: side.finish(begun[kind]) for kind, side in sides.items()})

    def _compare(self, title: str, seen: dict):
        texts = {kind: one.text for kind, one in seen.items()}
        if texts["etcd"] != texts["kvd"]:
            raise Difference(f"{title}:\n  etcd {texts['etcd']}\n  kvd  {texts['kvd']}")
        if self.trace:
            print(f"       {texts['kvd'][:500]}", flush=True)
        self.requests.now = max(self.requests.now, seen["etcd"].revision)
        return seen["kvd"].message

    def _txn(self, request: pb.TxnRequest) -> None:
        """etcd lets some pass that give a key twice (contract 2.5), kvd does not: kvd is asked first."""
        title = f"TxnRequest {one_line(request)}"
        self._say(title[:2000])
        answer = self._ask_one("kvd", request)
        if DUPLICATE not in answer.text:
            self._compare(title, {"kvd": answer, "etcd": self._ask_one("etcd", request)})
            return
        # Whichever branch runs, both are checked: this one changes nothing.
        never = pb.Compare(key=b"none", target=pb.Compare.VERSION, result=pb.Compare.LESS, version=0)
        branches = [request.success, request.failure]
        refusals = [self._ask_one("etcd", pb.TxnRequest(compare=[never], success=one)).text for one in branches]
        if not any(DUPLICATE in text for text in refusals) and "request_delete_range" not in title:
            raise Difference(f"{title}:\n  etcd {refusals}\n  kvd  {answer.text}")

    def _ask_one(self, kind: str, request):
        return self.sides[kind].finish(self.sides[kind].begin(request))

    def _step(self) -> None:
        requests, kind = self.requests, self.random.random()
        if kind < 0.22:
            self._ask(requests.range())
        elif kind < 0.42:
            self._ask(requests.put())
        elif kind < 0.5:
            if not self.recipes.waiting:  # it may take away what they wait for
                self._ask(requests.delete())
        elif kind < 0.66:
            if not self.recipes.waiting:
                self._txn(requests.txn())
        elif kind < 0.69:
            self._compact()
        elif kind < 0.79:
            self._lease()
        elif kind < 0.81:
            self._ask(requests.hash())
        elif kind < 0.94:
            self._watch()
        else:
            self._say(self.recipes.step(self.random.choice(LEASES)))
            self._catch_up()
        self.recipes.settle()
        if self.recipes.waiting:
            self._catch_up()

    def _catch_up(self) -> None:
        """Locks and elections write by themselves."""
        self._ask(pb.RangeRequest(key=b"~", range_end=b"\x7f", sort_order=1, sort_target=2))

    def _lease(self) -> None:
        kind, lease = self.random.random(), self.requests.any_lease()
        if kind < 0.4:
            self._ask(self.requests.grant())
        elif kind < 0.6:
            self._ask(pb.LeaseRevokeRequest(ID=lease))
        elif kind < 0.75:
            self._ask(pb.LeaseTimeToLiveRequest(ID=lease, keys=self.random.random() < 0.7))
        elif kind < 0.85:
            self._ask(pb.LeaseLeasesRequest())
        else:
            self._say(f"keep-alive {lease}")
            seen = {side: self.sides[side].keep_alive(lease) for side in KINDS}
            if seen["etcd"] != seen["kvd"]:
                raise Difference(f"keep-alive {lease}:\n  etcd {seen['etcd']}\n  kvd  {seen['kvd']}")

    def _watch(self) -> None:
        streams, kind = self.random.choice(self.streams), self.random.random()
        if kind < 0.7:
            self._say(streams.create(self.requests))
        elif kind < 0.85:
            self._check()
            self._say(streams.cancel(self.random))
        else:
            streams.ask_progress()

    def _compact(self) -> None:
        # What etcd has not caught up yet would be ended by this: a watch, and whoever waits for a lock by one.
        if self.recipes.waiting:
            return
        self._check()
        request = self.requests.compaction()
        request.revision = min(request.revision, *(streams.late_from() for streams in self.streams))
        if self._ask(request) is not None:
            self.requests.compacted = max(self.requests.compacted, request.revision)

    def _check(self) -> None:
        self._say("watches have been told everything")
        self.log.follow(self.requests.now, self.requests.compacted)
        for streams in self.streams:
            streams.check(self.requests.compacted)

    def _end(self) -> None:
        for lease in LEASES:
            self._ask(pb.LeaseRevokeRequest(ID=lease))
            self.recipes.settle()
        if self.recipes.waiting:
            raise Difference(f"{self.recipes.waiting[0].title} still waits, and nobody is before it")
        self._catch_up()
        self._ask(pb.RangeRequest(key=b"\0", range_end=b"\0"))
        self._ask(pb.HashKVRequest())
        self._check()


class Clusters:
    """One etcd, and kvd with so many members, of which a follower is asked; begun anew when a seed wants that."""

    def __init__(self, members: int):
        self.clusters, self.members = [], members

    def __enter__(self) -> "Clusters":
        return self

    def __exit__(self, *error) -> None:
        for cluster in self.clusters:
            cluster.__exit__(*error)
        self.clusters = []

    def begin(self) -> dict:
        self.__exit__(None, None, None)
        for kind, size in zip(KINDS, (1, self.members)):
            self.clusters.append(Cluster(kind, size, (f"--max-request-bytes={2 * LARGE_VALUE}",)))
            self.clusters[-1].start()
        etcd, kvd = self.clusters
        return {"etcd": etcd.servers[0], "kvd": kvd.servers[0] if self.members == 1 else kvd.follower()}


def play(seed: int, options, servers: dict, is_fresh: bool) -> bool:
    one = Play(seed, options.over, servers, options.trace)
    try:
        one.run(is_fresh)
        return True
    except Exception as error:  # whatever it is, the seed has found it
        last = "\n".join(f"  {number:3} {title[:300]}" for number, title in list(enumerate(one.titles, 1))[-12:])
        print(f"seed {seed} over {options.over}: {type(error).__name__}: {error}\nthe last steps:\n{last}", flush=True)
        if not isinstance(error, Difference):
            import traceback

            traceback.print_exc()
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=60, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first one")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--members", type=int, default=1, help="of kvd")
    parser.add_argument("--over", choices=("grpc", "json"), default="grpc")
    parser.add_argument("--trace", action="store_true", help="print every step")
    options = parser.parse_args()
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    began, failed, steps = time.monotonic(), [], 0
    with Clusters(options.members) as clusters:
        servers, is_clean = clusters.begin(), True
        for seed in seeds:
            is_fresh = seed % FRESH_EVERY == 0
            if is_fresh and not is_clean:
                servers = clusters.begin()
            is_clean = False
            if not play(seed, options, servers, is_fresh):
                failed.append(seed)
                servers, is_clean = clusters.begin(), True
    print(f"{len(seeds)} seeds over {options.over}, {len(failed)} failed {failed}; {time.monotonic() - began:.1f} s")
    if failed:
        print(f"again: {Path(__file__).name} --over {options.over} --trace --seed {failed[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
