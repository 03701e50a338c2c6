#!/usr/bin/env python3
"""The JSON gateway by plain HTTP: the same requests to kvd and to Debian's etcd, the same answers."""

import base64
import http.client
import json
import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import runs  # noqa: E402
from transcript import Allowed  # noqa: E402

import places  # noqa: E402

HEADERS = ("Content-Type", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
           "Grpc-Metadata-Content-Type", "X-Content-Type-Options")
# What the transcript does not know in JSON's dress.
NUMBERS = re.compile(r'("(?:TTL|raft_term|raftTerm|raftIndex|raftAppliedIndex|dbSize|dbSizeInUse)":)"\d+"')

ALLOWED = [
    Allowed(
        "body 'nonsense'|\"limit\": *(\"x\"|10{30})|\"ID\":\"x\"", "answer",
        r'"(invalid character [^"]*(\\"[^"]*)*|json: [^"]*)"', '"WORDS"', "what is wrong with JSON is said in other words",
    ),
    Allowed(
        "status", "answer",
        r'"version":"3\.[0-9.]*"|,"(storageVersion|dbSizeQuota|downgradeInfo)":("[^"]*"|\{\})', "",
        "newer etcds say more",
    ),
    Allowed("/v3/maintenance/alarm", "answer", r'("header":\{[^}]*\},?)', "", "3.4 leaves the header out of Alarm's answer"),
    Allowed("'Bearer TOKEN OF gw'", "answer", r"(?s)^.*$", "", "3.4 takes the whole header for the token; newer ones leave Bearer away"),
    Allowed("/v3alpha/", "answer", r"(?s)^.*$", "", "kvd knows the alias of older clients too"),
    Allowed('"sort_order": 9', "answer", r"(?s)^.*$", "", "3.4 takes no notice of orders that it does not know"),
    Allowed("Zm-_", "answer", r"(?s)^.*$", "", "newer ones read the alphabet for URLs too, 3.4 does not"),
]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Client:
    """One request each, on a connection of its own; each is a step."""

    def __init__(self, transcript, port: int):
        self.transcript, self.port = transcript, port

    def __call__(self, path: str, body, method: str = "POST", headers: dict | None = None) -> dict:
        status, said, read = self.ask(path, body, method, headers)
        # A failed call is chunked before etcd and not before kvd: what clients see is the same.
        seen = NUMBERS.sub(r"\1N", f"{status} {said} {read}")
        text = body if isinstance(body, str) else json.dumps(body)
        self.transcript.add(f"{method} {path} {headers or ''} body {text[:200]!r}", answer=seen)
        return parsed(read)

    def quietly(self, path: str, body) -> dict:
        """No step: what it says may differ."""
        return parsed(self.ask(path, body, "POST", None)[2])

    def log_in(self, name: str, password: str) -> str:
        """The token, which is another in every run."""
        token = self.quietly("/v3/auth/authenticate", {"name": name, "password": password}).get("token", "none")
        self.transcript.learn(token, f"TOKEN OF {name}")
        return token

    def ask(self, path: str, body, method: str, headers: dict | None) -> tuple:
        text = body if isinstance(body, str) else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20 * places.time_scale())
        connection.request(method, path, text, headers or {})
        answer = connection.getresponse()
        read = answer.read().decode()
        connection.close()
        said = {name: answer.headers[name] for name in HEADERS if answer.headers[name]}
        return answer.status, said, read


def parsed(text: str) -> dict:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def keys(post) -> None:
    put = {"key": b64("foo"), "value": b64("bar")}
    post("/v3/kv/put", put)
    post("/v3/kv/put", put | {"prevKv": True})
    post("/v3/kv/put", put | {"prev_kv": True, "unknown": 1})
    post("/v3/kv/put", put | {"lease": "12"})
    post("/v3/kv/put", put | {"lease": 12})
    post("/v3/kv/put", put | {"value": None})
    post("/v3/kv/put", put | {"value": ""})
    post("/v3/kv/put", put | {"ignore_value": True})
    post("/v3/kv/range", {"key": b64("foo")})
    post("/v3/kv/range?x=y", {"key": b64("foo")})
    post("/v3beta/kv/range", {"key": b64("foo")})
    post("/v3alpha/kv/range", {"key": b64("foo")})
    everything = {"key": "AA==", "range_end": "AA=="}
    for more in ({}, {"limit": "1"}, {"limit": 1, "sort_order": "DESCEND", "sort_target": "KEY"}, {"sort_order": 2},
                 {"count_only": True}, {"keys_only": True}, {"serializable": True}, {"min_mod_revision": "3"}):
        post("/v3/kv/range", everything | more)
    post("/v3/kv/range", {"key": "AA==", "rangeEnd": "AA=="})
    post("/v3/kv/range", {"key": b64("foo"), "revision": "100"})
    post("/v3/kv/range", {"key": b64("foo"), "revision": "2"})
    post("/v3/kv/deleterange", {"key": b64("foo"), "prev_kv": True})
    post("/v3/kv/deleterange", {"key": b64("foo"), "prev_kv": True})
    post("/v3/kv/put", {"key": base64.b64encode(bytes(range(256))).decode(), "value": b64("<&> \u2028")})
    post("/v3/kv/range", everything)


def transactions(post) -> None:
    put = {"request_put": {"key": b64("t/a"), "value": b64("1")}}
    get = {"requestRange": {"key": b64("t/a")}}
    gone = {"request_delete_range": {"key": b64("t/a"), "prev_kv": True}}
    compare = {"key": b64("t/a"), "target": "VERSION", "result": "GREATER", "version": "0"}
    post("/v3/kv/txn", {"compare": [compare], "success": [gone], "failure": [put, get]})
    post("/v3/kv/txn", {"compare": [compare], "success": [gone, get], "failure": [put]})
    post("/v3/kv/txn", {"compare": [compare | {"target": 4, "lease": "0", "result": 0}], "success": [get]})
    post("/v3/kv/txn", {"compare": [{"key": b64("t/a"), "target": "MOD", "mod_revision": "0"}], "success": [put]})
    post("/v3/kv/txn", {"compare": [{"key": b64("t/a"), "target": "VALUE", "value": b64("1")}], "success": [get]})
    post("/v3/kv/txn", {"success": [put, put]})
    post("/v3/kv/txn", {"success": [{"request_txn": {"success": [put]}}]})
    post("/v3/kv/txn", {"success": [{}]})
    post("/v3/kv/txn", {})
    post("/v3/kv/compaction", {"revision": "3"})
    post("/v3/kv/compaction", {"revision": "3"})
    post("/v3/kv/compaction", {"revision": "3000", "physical": True})
    post("/v3/kv/range", {"key": b64("foo"), "revision": "2"})


def wrong_bodies(post) -> None:
    post("/v3/kv/put", "")
    post("/v3/kv/put", {})
    post("/v3/kv/put", "null")
    post("/v3/kv/put", "{")
    post("/v3/kv/put", '{"key":"Zm9v"')
    post("/v3/kv/put", "nonsense")
    post("/v3/kv/put", [])
    post("/v3/kv/put", '"x"')
    post("/v3/kv/put", "5")
    post("/v3/kv/put", '{"key":"Zm9v"} and what follows')
    post("/v3/kv/put", {"key": "Zm9v", "value": 5})
    post("/v3/kv/put", {"key": "Zm9v", "value": True})
    post("/v3/kv/put", {"key": "Zm9v", "value": []})
    post("/v3/kv/put", {"key": "Zm9v", "value": {}})
    post("/v3/kv/put", {"key": "Zm9v", "value": "YmF"})
    post("/v3/kv/put", {"key": "Zm9v", "value": "Ym=F"})
    post("/v3/kv/put", {"key": "Zm9v", "value": "Ym!F"})
    post("/v3/kv/put", {"key": "Zm9v", "value": "YmFy\n"})
    post("/v3/kv/range", {"key": "Zm-_"})
    post("/v3/kv/range", {"key": "AA==", "sort_order": "SIDEWAYS"})
    post("/v3/kv/range", {"key": "AA==", "sort_order": 9})
    post("/v3/kv/range", {"key": "AA==", "serializable": "true"})
    post("/v3/kv/range", {"key": "AA==", "serializable": 1})
    post("/v3/kv/range", {"key": "AA==", "limit": "x"})
    post("/v3/kv/range", {"key": "AA==", "limit": 10**30})
    post("/v3/kv/range", {"key": "AA==", "limit": "99999999999999999999"})
    post("/v3/kv/range", {"key": "AA==", "limit": "-9223372036854775808"})
    post("/v3/kv/txn", {"compare": {}})
    post("/v3/kv/txn", {"compare": [5]})
    post("/v3/kv/txn", {"success": [{"request_put": "x"}]})


def routes(post) -> None:
    foo = {"key": b64("foo")}
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        post("/v3/kv/range", foo, method=method)
    post("/v3/kv/range", foo, method="OPTIONS", headers={"Origin": "http://example.com"})
    post("/v3/kv/range", foo, headers={"Origin": "http://example.com"})
    post("/v3/kv/range", foo, headers={"Content-Type": "text/plain", "Accept": "text/html"})
    for path in ("/v3/", "/v3/nonsense", "/v3/kv", "/v3/kv/range/", "/v3/kv/Range"):
        post(path, foo)


def cluster(post) -> None:
    post("/v3/maintenance/status", {})
    post("/v3/maintenance/status", "")
    post("/v3/maintenance/alarm", {"action": "GET"})
    post("/v3/maintenance/alarm", {"action": "ACTIVATE", "alarm": "NOSPACE", "memberID": "18446744073709551615"})
    post("/v3/kv/put", {"key": b64("full")})
    post("/v3/maintenance/alarm", {"action": "GET", "alarm": 1})
    post("/v3/maintenance/alarm", {"action": 2, "alarm": 1, "memberID": "18446744073709551615"})
    post("/v3/maintenance/defragment", {})
    post("/v3/maintenance/transfer-leadership", {"targetID": "1"})
    post("/v3/cluster/member/list", {})
    post("/v3/cluster/member/add", {})
    post("/v3/cluster/member/remove", {"ID": "9"})
    post("/v3/cluster/member/promote", {"ID": "9"})
    post("/v3/cluster/member/update", {"ID": "9", "peerURLs": ["http://127.0.0.1:1"]})


def leases(post) -> None:
    post("/v3/lease/grant", {"TTL": "60", "ID": "7"})
    post("/v3/lease/grant", {"TTL": "60", "ID": "7"})
    post("/v3/kv/put", {"key": b64("leased"), "lease": "7"})
    post("/v3/lease/keepalive", {"ID": "7"})
    post("/v3/lease/keepalive", '{"ID":"7"}\n{"ID":8}')
    post("/v3/lease/keepalive", '{"ID":"x"}')
    post("/v3/lease/timetolive", {"ID": "7", "keys": True})
    post("/v3/kv/lease/timetolive", {"ID": 8})
    post("/v3/lease/leases", {})
    post("/v3/kv/lease/leases", "")
    post("/v3/kv/lease/revoke", {"ID": "7"})
    post("/v3/lease/revoke", {"ID": "7"})
    post("/v3/kv/range", {"key": b64("leased")})


def recipes(post) -> None:
    for lease in ("71", "72"):
        post("/v3/lease/grant", {"TTL": "600", "ID": lease})
    lock = {"name": b64("lock")}
    post("/v3/lock/lock", lock | {"lease": "71"})
    post("/v3/lock/lock", lock | {"lease": "71"})
    waiter = threading.Thread(target=post, args=("/v3/lock/lock", lock | {"lease": "72"}))
    waiter.start()
    deadline = time.monotonic() + 20 * places.time_scale()
    while not post.quietly("/v3/kv/range", {"key": b64("lock/48")}).get("kvs"):
        assert time.monotonic() < deadline, "the one who waits does not stand in line"
    post.quietly("/v3/lock/unlock", {"key": b64("lock/47")})
    waiter.join()
    post("/v3/kv/range", {"key": b64("lock/"), "range_end": b64("lock0")})
    post("/v3/lock/unlock", {"key": b64("lock/48")})
    post("/v3/lock/unlock", {"key": b64("lock/48")})
    post("/v3/lock/unlock", {})
    post("/v3/lock/unlock", {"key": 5})
    elections(post)
    # Last: behind these, etcd 3.4 keeps the next one with a lease waiting for ever now and then.
    post("/v3/lock/lock", lock | {"lease": "99"})
    post("/v3/election/campaign", {"name": b64("office"), "lease": "99"})
    post("/v3/election/proclaim", {"leader": {"key": b64("none"), "lease": "99"}})


def elections(post) -> None:
    campaign = {"name": b64("office"), "lease": "71"}
    post("/v3/election/leader", {"name": b64("office")})
    leader = post("/v3/election/campaign", campaign | {"value": b64("one")}).get("leader", {})
    post("/v3/election/campaign", campaign | {"value": b64("two")})
    post("/v3/election/leader", {"name": b64("office")})
    post("/v3/election/proclaim", {"leader": leader, "value": b64("three")})
    post("/v3/election/proclaim", {"leader": leader | {"rev": "1"}, "value": b64("four")})
    post("/v3/election/proclaim", {"value": b64("four")})
    post("/v3/election/proclaim", {"leader": {"lease": "71"}, "value": b64("four")})
    post("/v3/kv/range", {"key": b64("office/"), "range_end": b64("office0")})
    post("/v3/election/resign", {})
    post("/v3/election/resign", {"leader": {"lease": "71"}})
    post("/v3/election/resign", {"leader": leader | {"rev": "1"}})
    post("/v3/election/leader", {"name": b64("office")})
    post("/v3/election/resign", {"leader": leader})
    post("/v3/election/resign", {"leader": leader})
    post("/v3/election/leader", {"name": b64("office")})
    post("/v3beta/election/leader", {})


def users(post) -> None:
    """Authentication by the header that HTTP has for it."""
    for path, body in (("user/add", {"name": "root", "password": "rootpw"}), ("user/add", {"name": "gw", "password": "gwpw"}),
                       ("user/add", {"name": "gw", "password": "gwpw"}), ("user/add", {}), ("role/add", {"name": "root"}),
                       ("role/add", {"name": "gw"}), ("role/grant", {"name": "gw", "perm": {"permType": "READ", "key": b64("gw")}}),
                       ("role/grant", {"name": "gw", "perm": {"permType": 2, "key": b64("own/"), "range_end": b64("own0")}}),
                       ("user/grant", {"user": "root", "role": "root"}), ("user/grant", {"user": "gw", "role": "gw"}),
                       ("role/get", {"role": "gw"}), ("user/get", {"name": "gw"}), ("user/list", {}), ("role/list", ""),
                       ("user/revoke", {"name": "gw", "role": "none"}), ("user/delete", {"name": "none"}), ("role/delete", {"role": "none"}),
                       ("role/revoke", {"role": "gw", "key": b64("none")}), ("authenticate", {"name": "gw", "password": "gwpw"}),
                       ("enable", {}), ("authenticate", {"name": "gw", "password": "wrong"}), ("enable", {})):
        post(f"/v3/auth/{path}", body)
    tokens = {name: post.log_in(name, f"{name}pw") for name in ("root", "gw")}
    for path, body in (("range", {"key": b64("gw")}), ("range", {"key": b64("other")}), ("put", {"key": b64("own/a")}),
                       ("put", {"key": b64("gw")}), ("deleterange", {"key": b64("own/a"), "prev_kv": True})):
        post(f"/v3/kv/{path}", body, headers={"Authorization": tokens["gw"]})
    for key in ("gw", "other"):
        post("/v3/kv/range", {"key": b64(key)}, headers={"Authorization": "Bearer " + tokens["gw"]})
    post("/v3/kv/range", {"key": b64("gw")})
    post("/v3/kv/range", {"key": b64("gw")}, headers={"Authorization": "nonsense"})
    post("/v3/kv/range", {"key": b64("gw")}, headers={"authorization": tokens["gw"]})
    post("/v3/auth/user/list", {}, headers={"Authorization": tokens["gw"]})
    root = {"Authorization": tokens["root"]}
    post("/v3/auth/user/list", {}, headers=root)
    post("/v3/auth/user/changepw", {"name": "gw", "password": "new"}, headers=root)
    post("/v3/kv/range", {"key": b64("gw")}, headers={"Authorization": tokens["gw"]})
    post("/v3/auth/disable", {}, headers=root)
    post("/v3/auth/user/changepw", {"name": "gw", "password": "new"})
    post("/v3/auth/role/delete", {"role": "gw"})
    post("/v3/auth/user/delete", {"name": "root"})


def script(transcript, server, cluster_of_it) -> None:
    post = Client(transcript, server.client_port)
    keys(post)
    transactions(post)
    wrong_bodies(post)
    routes(post)
    cluster(post)
    leases(post)
    recipes(post)
    users(post)


if __name__ == "__main__":
    # One member: the answers do not depend on how many there are.
    sys.exit(0 if runs.compare(1, script, ALLOWED, ()) else 1)
