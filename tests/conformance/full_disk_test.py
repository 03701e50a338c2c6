#!/usr/bin/env python3
"""A disk that fills up, for real: a small tmpfs in a mount namespace of this test's own.

Nothing that was acknowledged is lost, the refusal is clear, and with room again the server starts by itself.
"""

import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import Api, grpc  # noqa: E402
from cluster import Cluster  # noqa: E402

SMALL_MEGABYTES, ROOMY_MEGABYTES = 160, 512
VALUE = bytes(range(256)) * 256
WRITES_MAX = 40 * SMALL_MEGABYTES
INSIDE = "KVD_TEST_HAS_ITS_OWN_MOUNTS"


def enter_namespace() -> None:
    """Starts this program again where it may mount: as root with mounts of its own, else as a user's own root."""
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "1"
    flags = ["-m"] if os.geteuid() == 0 else ["-r", "-m"]
    unshare = places.tool("unshare", "util-linux")
    os.execv(unshare, [unshare, *flags, sys.executable, "-B", *sys.argv])


class FullDisk(unittest.TestCase):
    def mount(self, path: Path, megabytes: int, *options: str) -> None:
        mount = places.tool("mount", "mount")
        what = [mount, "-t", "tmpfs", "-o", ",".join([f"size={megabytes}m", *options]), "tmpfs", str(path)]
        subprocess.run(what, check=True)

    def test_nothing_is_lost_and_it_is_told(self):
        with Cluster("kvd", 1) as cluster:
            server = cluster.servers[0]
            server.kill()
            disk = cluster.directory / "disk"
            disk.mkdir()
            self.mount(disk, SMALL_MEGABYTES)
            # The log of the process stays outside, where there is room for its words.
            server.flags += (f"--data-dir={disk}/data",)
            server.start().wait_healthy()
            acknowledged, refusal = self.fill(server)
            print(f"  {len(acknowledged)} writes of {len(VALUE)} bytes, then: {refusal.code().name} {refusal.details()}")
            self.assertIn(refusal.code(), (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE), refusal)
            self.assertGreater(len(acknowledged), 100)
            self.assert_said(server)
            server.kill()
            self.mount(disk, ROOMY_MEGABYTES, "remount")
            server.start().wait_healthy()
            self.assert_kept(server, acknowledged)
            with Api(server.endpoint) as api:
                api.put(b"again", b"there is room", timeout=30)
            server.terminate()
            subprocess.run([places.tool("umount", "mount"), str(disk)], check=True)

    def fill(self, server) -> tuple:
        """Writes until one is refused: (keys that were acknowledged, the refusal)."""
        acknowledged = []
        with Api(server.endpoint) as api:
            for number in range(WRITES_MAX):
                key = b"fill/%06d" % number
                try:
                    api.put(key, key + VALUE, timeout=30 * places.time_scale())
                except grpc.RpcError as error:
                    return acknowledged, error
                acknowledged.append(key)
        raise AssertionError(f"{WRITES_MAX} writes fit on {SMALL_MEGABYTES} MB")

    def assert_said(self, server) -> None:
        """It names the cause; and when it ends for it, it ends with the code of a disk error."""
        deadline = time.monotonic() + 10 * places.time_scale()
        while "No space left" not in server.log() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertIn("No space left", server.log())
        if not server.is_running():
            self.assertEqual(server.exit_status(), 74, server.log_tail())

    def assert_kept(self, server, acknowledged: list) -> None:
        with Api(server.endpoint) as api:
            for at in range(0, len(acknowledged), 100):
                some = acknowledged[at : at + 100]
                answer = api.range(some[0], range_end=some[-1] + b"\0", timeout=60)
                self.assertEqual([kv.key for kv in answer.kvs if kv.key in some], some)
                self.assertTrue(all(kv.value == kv.key + VALUE for kv in answer.kvs))


if __name__ == "__main__":
    enter_namespace()
    unittest.main(verbosity=1)
