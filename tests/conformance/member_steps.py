"""Changes of members with etcdctl. The members that are added never start: their ports are nobody's."""

from api import Api

UNKNOWN = "1234567890abcdef"


def steps(ctl, server, cluster) -> None:
    voter = member_id(server)
    misuse(ctl)
    refused(ctl, voter, cluster)
    learner(ctl, voter, cluster)
    leadership(ctl, server, cluster)
    if len(cluster.servers) > 1:
        new_voter(ctl)
    else:
        the_only_voter(ctl, voter)


def member_id(server) -> str:
    with Api(server.endpoint) as api:
        return f"{api.status(timeout=30).header.member_id:x}"


def url(port: int) -> str:
    return f"--peer-urls=http://127.0.0.1:{port}"


def taken(cluster) -> str:
    return url(cluster.servers[0].peer_port)


def misuse(ctl) -> None:
    ctl("member", "add")
    ctl("member", "add", "x")
    ctl("member", "add", "x", "--peer-urls=127.0.0.1:1")
    ctl("member", "add", "x", "--peer-urls=http://127.0.0.1:1/path")
    ctl("member", "remove")
    ctl("member", "remove", "xyz")
    ctl("member", "update", UNKNOWN)
    ctl("member", "promote")


def refused(ctl, voter, cluster) -> None:
    ctl("member", "remove", UNKNOWN)
    ctl("member", "update", UNKNOWN, url(1))
    ctl("member", "promote", UNKNOWN)
    ctl("member", "promote", voter)
    ctl("member", "add", "x", "--learner", taken(cluster))
    ctl("member", "add", "x", "--learner", f"{taken(cluster)},http://127.0.0.1:1")


def learner(ctl, voter, cluster) -> None:
    ctl("member", "add", "new", "--learner", "--peer-urls=http://127.0.0.1:3,http://127.0.0.1:2")
    first = ctl.added[-1]
    ctl("member", "list", unordered=True)
    ctl("member", "list", "-w", "table", unordered=True)
    ctl("member", "add", "another", "--learner", url(4))
    ctl("member", "add", "another", "--learner", url(2))
    ctl("member", "promote", first)
    ctl("member", "update", first, taken(cluster))
    ctl("member", "update", first, url(5))
    ctl("member", "update", first, "--peer-urls=http://127.0.0.1:7,http://127.0.0.1:6")
    ctl("member", "list", unordered=True)
    ctl("put", "key", "value")
    ctl("member", "remove", first)
    ctl("member", "remove", first)
    if len(cluster.servers) == 1:  # a follower of 3.4 does not understand what its leader answers, and waits
        ctl("member", "promote", first)
    ctl("member", "update", first, url(5))
    ctl("member", "list", unordered=True)
    ctl("member", "add", "new", "--learner", url(2), "-w", "json")
    ctl("member", "add", "new", "--learner", url(8))
    if len(cluster.servers) == 1:  # else where the new one stands in the list depends on the ids
        ctl("member", "update", voter, taken(cluster))


def leadership(ctl, server, cluster) -> None:
    ctl("move-leader", UNKNOWN)
    ctl("move-leader", UNKNOWN, everywhere=True)
    ctl("move-leader")
    ctl("move-leader", "xyz")
    ctl("move-leader", member_id(cluster.leader()), everywhere=True)
    if len(cluster.servers) > 1:
        ctl("move-leader", member_id(server), everywhere=True)
        ctl("move-leader", member_id(server), everywhere=True)
    ctl("put", "key", "value")


def new_voter(ctl) -> None:
    """Three of four go on without it."""
    ctl("member", "add", "voter", url(9))
    ctl("put", "key", "value")
    ctl("member", "list", unordered=True)
    ctl("member", "promote", ctl.added[-1])
    ctl("member", "remove", ctl.added[-1])
    ctl("member", "list", unordered=True)
    ctl("put", "key", "value")


def the_only_voter(ctl, voter) -> None:
    ctl("member", "remove", voter)
    ctl("put", "key", "value")
    ctl("member", "list", unordered=True)
    # Last, because etcd has no quorum from here on: its new member counts before it is there.
    ctl("member", "add", "voter", url(9))
