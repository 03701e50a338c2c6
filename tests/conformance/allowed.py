"""The differences that are meant, each with its reason. Everything else that differs is a fault of kvd."""

from transcript import Allowed

VERSION = "etcd 3.4.23 says who it is; kvd says which API it speaks, the contract's 3.6"
NO_HEADER = "3.4 leaves the header out of Alarm's answer; 3.6 has it, as every answer"

ETCDCTL = [
    Allowed("^etcdctl endpoint status", "stdout", r"3\.4\.23|3\.6\.14", "VERSION", VERSION),
    Allowed("^etcdctl alarm list -w json", "stdout", r'^\{("header":\{[^}]*\})?\}', "{HEADER?}", NO_HEADER),
]

MEMBERS = [
    Allowed(
        "^etcdctl member list", "stdout", "(?m)^(NEW1, unstarted, , .*,http.*, , )(true|false)$", r"\1LEARNER?",
        "3.4 makes a learner whose URLs are updated a voter by the way; newer ones do not",
    ),
]

LEASES = []

WATCHES = []

PYTHON = [
    Allowed(r"^etcd3\.status", "answer", r"version=(3\.4\.23|3\.6\.14)", "VERSION", VERSION),
    Allowed("^/etcdserverpb.Maintenance/Alarm", "answer", r"^(header \{.*\})?$", "HEADER?", NO_HEADER),
    Allowed(
        r"^/etcdserverpb.KV/Put b'\\x0b\\x0c'", "answer", "^(INTERNAL|INVALID_ARGUMENT)$", "REFUSED",
        "the bytes are a group under a known number: an unknown field by protobuf's rules, so the key is missing;"
        " etcd's own parser calls the message malformed",
    ),
    Allowed(
        "^/nonsense", "answer", "^(RESOURCE_EXHAUSTED|UNIMPLEMENTED)$", "REFUSED",
        "the Go library of 3.4 calls a path without a service a malformed name; newer ones call it unimplemented",
    ),
]

MORE_STATUS = "newer etcds say more of themselves"
GATEWAY_CLIENTS = [
    Allowed("^status", "answer", "'(dbSizeQuota|downgradeInfo|storageVersion)', ", "", MORE_STATUS),
]

NPM = []

PYTHON_WATCHES = []

AUTH = [
    Allowed(
        "^etcdctl (defrag|endpoint hashkv) --user=alice", "stderr",
        r"(rpc error: code = \w+ desc = )?(auth|etcdserver): permission denied", "DENIED",
        "3.4's maintenance passes on what the store of users says; newer ones give it the API's code and text",
    ),
    Allowed("^py, when it is off", "answer", r"(?s)^.*$", "", "3.4 asks whose a token is even while authentication is off"),
]
