"""The errors of contract section 5 that kvd can send: each is provoked by errors_test.py, or it is said where else, or why not."""

INVALID, NOT_FOUND, EXHAUSTED = "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"
PRECONDITION, RANGE, UNAVAILABLE, UNKNOWN = "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNAVAILABLE", "UNKNOWN"

PROVOKED = {
    "etcdserver: key is not provided": INVALID,
    "etcdserver: key not found": INVALID,
    "etcdserver: value is provided": INVALID,
    "etcdserver: lease is provided": INVALID,
    "etcdserver: too many operations in txn request": INVALID,
    "etcdserver: duplicate key given in txn request": INVALID,
    "etcdserver: invalid sort option": INVALID,
    "etcdserver: mvcc: required revision has been compacted": RANGE,
    "etcdserver: mvcc: required revision is a future revision": RANGE,
    "etcdserver: mvcc: database space exceeded": EXHAUSTED,
    "etcdserver: requested lease not found": NOT_FOUND,
    "etcdserver: lease already exists": PRECONDITION,
    "etcdserver: too large lease TTL": RANGE,
    "etcdserver: member ID already exist": PRECONDITION,
    "etcdserver: Peer URLs already exists": PRECONDITION,
    "etcdserver: given member URLs are invalid": INVALID,
    "etcdserver: member not found": NOT_FOUND,
    "etcdserver: can only promote a learner member": PRECONDITION,
    "etcdserver: can only promote a learner member which is in sync with leader": PRECONDITION,
    "etcdserver: too many learner members in cluster": PRECONDITION,
    "etcdserver: re-configuration failed due to not enough started members": UNKNOWN,
    "etcdserver: request is too large": INVALID,
    "etcdserver: wrong downgrade target version format": INVALID,
    "etcdserver: invalid downgrade target version": INVALID,
    "etcdserver: no inflight downgrade job": PRECONDITION,
    "etcdserver: no leader": UNAVAILABLE,
    "etcdserver: not leader": PRECONDITION,
    "etcdserver: bad leader transferee": PRECONDITION,
    "etcdserver: server stopped": UNAVAILABLE,
    "etcdserver: request timed out, possibly due to previous leader failure": UNAVAILABLE,
    "etcdserver: request timed out, possibly due to connection lost": UNAVAILABLE,
    "etcdserver: unhealthy cluster": UNAVAILABLE,
    "etcdserver: corrupt cluster": "DATA_LOSS",
    "etcdserver: rpc not supported for learner": PRECONDITION,
    "grpc: received message larger than max": EXHAUSTED,
    "grpc: error unmarshalling request": "INTERNAL",
}

ELSEWHERE = {
    "etcdserver: invalid client api version": "tests/unit/api/services_test.cc: grpcio does not send such metadata",
    "etcdserver: too many requests": "the backlog of the store: tests/unit/api/errors_test.cc for the text",
    "etcdserver: request timed out": "a quorum is connected and yet nothing commits: tests/unit/api/errors_test.cc for the text",
    "etcdserver: leader changed": "reads that a change of leader interrupts are asked again",
    "etcdserver: request timed out, leader transfer took too long": "tests/unit/server/leader_watch_test.cc",
    "etcdserver: not capable": "a member that knows less than the log: tests/unit/api/errors_test.cc for the text",
    "etcdserver: watch canceled": "how a stream ends that its client has left: nobody is there to see it",
}
