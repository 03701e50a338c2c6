#!/usr/bin/env python3
"""A quota that is reached, alarms and what clears them: kvd and Debian's etcd say and refuse the same.

After it what only kvd does: the alarm that goes off by itself."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import runs  # noqa: E402
from allowed import NO_HEADER, VERSION  # noqa: E402
from etcdctl_test import Etcdctl  # noqa: E402
from transcript import Allowed  # noqa: E402

import places  # noqa: E402
from api import Api, grpc, rpc_pb2  # noqa: E402
from cluster import Cluster  # noqa: E402

QUOTA = 24 << 20
MIB = b"v" * (1 << 20)
FLAGS = (f"--quota-backend-bytes={QUOTA}",)

ALLOWED = [
    Allowed("^etcdctl endpoint status", "stdout", r"3\.4\.23|3\.6\.14", "VERSION", VERSION),
    Allowed("alarm|Alarm", "stdout", r'^\{("header":\{[^}]*\},?)?', "{", NO_HEADER),
    Allowed("^GET /health", "answer", r',"reason":"[^"]*"', "", "3.4 gives no reason"),
]


def fill(api) -> str:
    """Writes until a write is refused; the refusal."""
    for i in range(4 * QUOTA // len(MIB)):
        try:
            api.put(b"fill/%d" % (i % 100), MIB, timeout=20 * places.time_scale())
        except grpc.RpcError as error:
            return f"{error.code().name} {error.details()}"
    return "never refused"


def alarm(api, transcript, **request) -> None:
    answer = api.maintenance.Alarm(rpc_pb2.AlarmRequest(**request), timeout=20 * places.time_scale())
    # In no order.
    listed = sorted(f"{one.memberID} {one.alarm}" for one in answer.alarms)
    transcript.add(f"Alarm {request}", answer=listed)


def over_quota(transcript, server, ctl, api) -> None:
    transcript.add("fill", refusal=fill(api))
    ctl("alarm", "list")
    ctl("alarm", "list", "-w", "json")
    ctl("put", "small", "x")
    ctl("get", "fill/0", "--keys-only")
    ctl("txn", stdin=b"\nput small 1\n\n\n")
    ctl("txn", stdin=b"\ndel small\nget small\n\n\n")
    ctl("txn", stdin=b'ver("none") = "1"\n\n\nput small 1\n\n')
    ctl("del", "small")
    ctl("endpoint", "health")
    ctl("endpoint", "status", unordered=True)
    transcript.add("GET /health", answer=server.http("/health", timeout=10))
    transcript.add("GET /health?exclude=NOSPACE", answer=server.http("/health?exclude=NOSPACE", timeout=10))
    # Nothing was freed: it is raised again by the first write.
    ctl("alarm", "disarm")
    transcript.add("fill again", refusal=fill(api))
    ctl("alarm", "list")


def free(api) -> None:
    """How much was written until the quota was reached is not the same everywhere."""
    timeout = 20 * places.time_scale()
    everything = rpc_pb2.DeleteRangeRequest(key=b"fill/", range_end=b"fill0")
    revision = api.kv.DeleteRange(everything, timeout=timeout).header.revision
    api.kv.Compact(rpc_pb2.CompactionRequest(revision=revision, physical=True), timeout=timeout)


def freed(ctl, api) -> None:
    ctl("defrag")
    # Where there is space again the alarm may have gone off by itself: what this removes is not recorded.
    timeout = 20 * places.time_scale()
    for raised in api.maintenance.Alarm(rpc_pb2.AlarmRequest(), timeout=timeout).alarms:
        disarm = rpc_pb2.AlarmRequest(action="DEACTIVATE", memberID=raised.memberID, alarm=raised.alarm)
        api.maintenance.Alarm(disarm, timeout=timeout)
    ctl("put", "small", "x")
    ctl("alarm", "list")
    ctl("endpoint", "health")


def by_hand(transcript, server, ctl, api) -> None:
    """An alarm raised by hand, for a member that does not even exist."""
    alarm(api, transcript, action="ACTIVATE", memberID=77, alarm="NOSPACE")
    alarm(api, transcript, action="ACTIVATE", memberID=77, alarm="NOSPACE")
    alarm(api, transcript, action="ACTIVATE", memberID=78, alarm="CORRUPT")
    alarm(api, transcript, action="GET")
    alarm(api, transcript, action="GET", alarm="CORRUPT")
    alarm(api, transcript, action="GET", memberID=77, alarm="CORRUPT")
    alarm(api, transcript, action="DEACTIVATE", memberID=5, alarm="NOSPACE")
    alarm(api, transcript, action="DEACTIVATE", memberID=77)
    ctl("put", "corrupt", "x")
    ctl("del", "corrupt")
    ctl("compaction", "1")
    ctl("get", "corrupt")
    # Which of the two it names is a matter of luck.
    transcript.add("GET /health", answer=server.http("/health", timeout=10)[0])
    ctl("alarm", "disarm", unordered=True)
    ctl("put", "well", "again")


def script(transcript, server, cluster) -> None:
    with Api(server.endpoint) as api:
        ctl = Etcdctl(transcript, server, cluster)
        by_hand(transcript, server, ctl, api)
        over_quota(transcript, server, ctl, api)
        free(api)
        freed(ctl, api)


class ByItself(unittest.TestCase):
    def test_the_alarm_goes_off_when_space_is_back(self):
        with Cluster("kvd", 1, FLAGS) as cluster, Api(cluster.servers[0].endpoint) as api:
            self.assertEqual(fill(api), "RESOURCE_EXHAUSTED etcdserver: mvcc: database space exceeded")
            free(api)
            deadline = time.monotonic() + 30 * places.time_scale()
            while api.maintenance.Alarm(rpc_pb2.AlarmRequest(), timeout=20).alarms:
                self.assertLess(time.monotonic(), deadline, "the alarm stays on")
                time.sleep(0.1)
            api.put(b"again", b"x")
            api.maintenance.Defragment(rpc_pb2.DefragmentRequest(), timeout=20 * places.time_scale())
            self.assertLess(api.status().dbSize, QUOTA // 2)

    def test_history_is_forgotten_and_what_is_young_stays(self):
        flags = ("--auto-compaction-mode=periodic", "--auto-compaction-retention=2s")
        with Cluster("kvd", 1, flags) as cluster, Api(cluster.servers[0].endpoint) as api:
            old = api.put(b"key", b"1").header.revision
            deadline = time.monotonic() + 30 * places.time_scale()
            while True:
                time.sleep(0.2)
                young = api.put(b"key", b"2").header.revision
                api.range(b"key", revision=young)
                try:
                    api.range(b"key", revision=old)
                except grpc.RpcError as error:
                    self.assertIn("has been compacted", error.details())
                    return
                self.assertLess(time.monotonic(), deadline, "nothing is forgotten")


if __name__ == "__main__":
    # One member: with three, who notices first that there is no space left is a matter of luck.
    agree = runs.compare(1, script, ALLOWED, FLAGS)
    alone = unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful()
    sys.exit(0 if agree and alone else 1)
