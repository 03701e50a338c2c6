"""Watch with stock clients: etcdctl, also typed to, and python3-etcd3.

Watches begin at a revision that is known, so that nothing depends on who is first, the watch or the write.
"""

import json
import subprocess
import threading
import time

import etcd3
import places
from client_steps import refusal
from etcdctl_test import COMMAND_SECONDS, Etcdctl


class Watcher:
    """etcdctl that watches, in a process that is ended when it has said enough."""

    def __init__(self, ctl: Etcdctl, arguments: tuple, typed: str):
        self.lines = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [ctl.program, "watch", *arguments],
            env=places.environment(ETCDCTL_API="3", ETCDCTL_ENDPOINTS=ctl.endpoints),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.type(typed)

    def type(self, text: str) -> None:
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def wait(self, count: int) -> str:
        """The first `count` lines, or what there is when no more come."""
        until = time.monotonic() + COMMAND_SECONDS * places.time_scale()
        with self._changed:
            self._changed.wait_for(lambda: len(self.lines) >= count, until - time.monotonic())
        return "\n".join(self.lines)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdin.close()
        self._process.stdout.close()

    def exit(self) -> int:
        """Of one that ends by itself."""
        return self._process.wait(timeout=COMMAND_SECONDS * places.time_scale())

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()


def watch(ctl, *arguments, lines: int, typed: str = "", meanwhile=()) -> None:
    """A step: what a watch says while the commands of `meanwhile` run."""
    watcher = Watcher(ctl, arguments, typed)
    for command in meanwhile:
        ctl(*command)
    output = watcher.wait(lines)
    watcher.end()
    # Two watches are told in no order.
    ctl.transcript.add("etcdctl watch " + " ".join(arguments), unordered="-i" in arguments, output=output)


def revision_of(ctl) -> int:
    return json.loads(ctl("get", "none", "-w", "json"))["header"]["revision"]


def etcdctl_steps(transcript, server, cluster) -> None:
    ctl = Etcdctl(transcript, server, cluster)
    first = revision_of(ctl) + 1
    for value in ("1", "2", "two\nlines"):
        ctl("put", "e/a", value)
    ctl("del", "e/a")
    ctl("txn", stdin=b"\nput e/a 3\nput e/b 3\ndel e/none\n\n\n")
    watch(ctl, "e/a", f"--rev={first}", lines=16)
    watch(ctl, "e/a", f"--rev={first}", "--prev-kv", lines=23)
    watch(ctl, "e/", "--prefix", f"--rev={first + 2}", lines=13)
    watch(ctl, "e/a", "e/b", f"--rev={first + 3}", lines=6)
    watch(ctl, "e/a", f"--rev={first}", "--prev-kv", "-w", "json", lines=1)
    watch(ctl, "e/", "--prefix", f"--rev={first + 4}", "-w", "json", lines=1)
    watch(ctl, "e/a", f"--rev={first + 4}", "--", "echo", "said by the command", lines=4)
    now = revision_of(ctl)
    live = (("put", "e/live", "1"), ("put", "e/live", "2"), ("del", "e/live"))
    watch(ctl, "e/live", f"--rev={now + 1}", lines=9, meanwhile=live)
    watch(ctl, "-i", lines=6, typed=f"watch e/a --rev={first + 4}\nwatch e/b --rev={first + 4}\n")
    typed_progress(ctl, now)
    ctl("compaction", str(now))
    refused = Watcher(ctl, ("e/a", f"--rev={first}"), "")
    exit_code = refused.exit()
    refused.end()
    transcript.add("etcdctl watch what is compacted", exit=exit_code, output="\n".join(refused.lines))


def typed_progress(ctl, now: int) -> None:
    watcher = Watcher(ctl, ("-i",), f"watch e/live --rev={now + 1}\n")
    watcher.wait(9)
    watcher.type("progress\n")
    ctl.transcript.add("etcdctl watch -i, progress", output=watcher.wait(10))
    watcher.end()


def shown(event) -> str:
    return f"{type(event).__name__} {event.key!r} {event.value!r} {event.mod_revision} before={event.prev_value!r}"


def python_steps(transcript, server) -> None:
    # Never closed: the library's thread of watches would open its stream again on what is closed.
    client = etcd3.client(host="127.0.0.1", port=server.client_port, timeout=30)
    client.put("pw/a", "1")
    first = client.get("pw/a")[1].mod_revision
    client.put("pw/a", "2", prev_kv=True)
    client.put("pw/b", "1")
    client.delete("pw/a")
    last = client.get("pw/b")[1].response_header.revision

    def take(title: str, count: int, events, cancel) -> None:
        seen = [shown(event) for _, event in zip(range(count), events)]
        cancel()
        transcript.add(title, answer="\n".join(seen))

    take("watch", 3, *client.watch("pw/a", start_revision=first))
    take("watch, previous", 3, *client.watch("pw/a", start_revision=first, prev_kv=True))
    take("watch_prefix", 4, *client.watch_prefix("pw/", start_revision=first))
    live, cancel = client.watch("pw/live", start_revision=last + 1)
    for value in ("1", "2", "3"):
        client.put("pw/live", value)
    take("watch, live", 3, live, cancel)
    transcript.add("watch_once", answer=shown(client.watch_once("pw/live", timeout=30, start_revision=last + 2)))
    called = threading.Event()
    seen = []

    def callback(response) -> None:
        seen.extend(shown(event) for event in response.events)
        if len(seen) >= 3:
            called.set()

    watch_id = client.add_watch_callback("pw/live", callback, start_revision=last + 1)
    called.wait(30)
    client.cancel_watch(watch_id)
    transcript.add("add_watch_callback", answer="\n".join(seen))
    client.compact(last)
    try:
        events, _ = client.watch("pw/a", start_revision=first)
        answer = shown(next(events))
    except Exception as error:  # whatever the library makes of it is what users see
        answer = f"{refusal(error)} {getattr(error, 'compacted_revision', None)}"
    transcript.add("watch what is compacted", answer=answer)
