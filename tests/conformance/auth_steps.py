"""What etcdctl's users do with authentication, in order: each step builds on the users and roles that the ones before it left."""

ROOT = "--user=root:rootpw"
ALICE = "--user=alice:alicepw"
BOB = "--user=bob:bobpw"
PERMISSIONS = (
    ("read", "one"),
    ("write", "w/", "w0"),
    ("readwrite", "rw/", "--prefix"),
    ("read", "zz", "--from-key"),
    # Two that touch are one range.
    ("read", "joined/a", "joined/m"),
    ("read", "joined/m", "joined/z"),
)


def steps(ctl, restart) -> None:
    """`restart` stops the server that is asked and starts it again."""
    before_it_is_enabled(ctl)
    users_and_roles(ctl)
    enabling(ctl)
    who_is_let_in(ctl)
    reads_and_writes(ctl)
    transactions(ctl)
    leases(ctl)
    locks_and_elections(ctl)
    administration(ctl)
    changes_take_effect(ctl)
    passwords(ctl)
    restart()
    after_a_restart(ctl)
    disabling(ctl)


def before_it_is_enabled(ctl) -> None:
    ctl("auth", "disable")
    ctl("auth", "enable")
    ctl("user", "list")
    ctl("role", "list")
    ctl("get", "x", "--user=nobody:nothing")
    ctl("user", "add", "root:rootpw")
    ctl("user", "add", "root:rootpw")
    ctl("user", "add", "alice:alicepw", "-w", "json")
    ctl("user", "add", "bob", "--interactive=false", stdin=b"bobpw\n")
    ctl("user", "add", "carol", "--no-password")
    ctl("user", "add", "gone:gonepw")
    ctl("user", "list")
    ctl("user", "list", "-w", "json")
    ctl("user", "get", "alice")
    ctl("user", "get", "nobody")
    ctl("user", "delete", "nobody")
    ctl("user", "passwd", "nobody", "--interactive=false", stdin=b"x\n")


def users_and_roles(ctl) -> None:
    ctl("role", "add", "mixed")
    ctl("role", "add", "mixed")
    ctl("role", "add", "")
    ctl("role", "add", "other")
    ctl("role", "add", "passing")
    ctl("role", "get", "nothing")
    ctl("role", "delete", "nothing")
    for permission in PERMISSIONS:
        ctl("role", "grant-permission", "mixed", *permission)
    for form in ("simple", "json", "fields"):
        ctl("role", "get", "mixed", "-w", form)
    ctl("role", "grant-permission", "mixed", "readwrite", "one")
    ctl("role", "get", "mixed")
    ctl("role", "grant-permission", "mixed", "read", "one")
    ctl("role", "grant-permission", "nothing", "read", "one")
    ctl("role", "revoke-permission", "mixed", "rw/")
    ctl("role", "revoke-permission", "mixed", "rw/", "rw9")
    ctl("role", "revoke-permission", "nothing", "rw/")
    ctl("user", "grant-role", "alice", "mixed")
    ctl("user", "grant-role", "alice", "mixed")
    ctl("user", "grant-role", "alice", "passing")
    ctl("user", "grant-role", "alice", "nothing")
    ctl("user", "grant-role", "nobody", "mixed")
    ctl("user", "revoke-role", "alice", "other")
    ctl("user", "revoke-role", "alice", "nothing")
    ctl("user", "revoke-role", "nobody", "mixed")
    ctl("user", "get", "alice", "-w", "json")
    ctl("user", "get", "alice", "--detail")
    ctl("role", "delete", "passing")
    ctl("user", "get", "alice")
    ctl("role", "list", "-w", "json")


def enabling(ctl) -> None:
    for key in ("one", "w/1", "rw/1", "zz/1", "joined/b", "joined/x", "secret"):
        ctl("put", key, f"before {key}")
    ctl("auth", "enable")
    ctl("auth", "enable", ROOT)
    ctl("user", "get", "root", ROOT)
    ctl("role", "get", "root", ROOT)


def who_is_let_in(ctl) -> None:
    ctl("get", "one")
    ctl("put", "one", "x")
    ctl("del", "one")
    ctl("txn", stdin=b'\nget one\n\n\n')
    ctl("user", "list")
    ctl("auth", "disable")
    for user in ("alice:wrong", "nobody:nothing", "carol:x", "carol:", "root:alicepw"):
        ctl("get", "one", f"--user={user}")
    ctl("get", "one", "--user=alice", "--password=alicepw")
    ctl("get", "one", ROOT)
    ctl("put", "secret", "by root", ROOT)


def reads_and_writes(ctl) -> None:
    for key in (("one",), ("one2",), ("w/1",), ("rw/1",), ("rw/", "--prefix"),
                ("rw/", "rw9"), ("rw/", "--from-key"), ("zz", "--from-key"), ("zz/1",), ("z", "--from-key"),
                ("joined/a", "joined/z"), ("joined/", "--prefix"), ("joined/l", "joined/n"), ("secret",), ("", "--prefix"),
                ("one", "--consistency=s"), ("secret", "--consistency=s"), ("rw/z", "rw/a"), ("secret", "--rev=1")):
        ctl("get", *key, ALICE)
    for key in ("one", "w/1", "w/", "w0", "rw/1", "rw", "zz/1", "secret"):
        ctl("put", key, "by alice", ALICE)
    # What was there before is read, too.
    ctl("put", "w/1", "x", "--prev-kv", ALICE)
    ctl("put", "rw/1", "x", "--prev-kv", ALICE)
    ctl("put", "rw/1", "--ignore-value", ALICE)
    for span in (("w/1",), ("w/", "--prefix"), ("w/", "w9"), ("rw/", "--prefix"), ("one",), ("secret",), ("", "--prefix")):
        ctl("del", *span, ALICE)
    ctl("put", "w/2", "x", ALICE)
    ctl("del", "w/2", "--prev-kv", ALICE)
    ctl("put", "rw/2", "x", ALICE)
    ctl("del", "rw/2", "--prev-kv", ALICE)
    ctl("get", "one", BOB)
    ctl("put", "rw/1", "by bob", BOB)
    ctl("get", "", "--prefix", "-w", "json", ROOT)


def transactions(ctl) -> None:
    ctl("put", "rw/t", "1", ALICE)
    for text in ('\nput rw/t 2\nget one\n\n\n', '\nput rw/t 3\nget secret\n\n\n', '\nput rw/t 3\nput secret x\n\n\n',
                 # What is compared is read, and the branch that is not taken counts as well.
                 'value("rw/t") = "2"\n\nput rw/t 4\n\n\n', 'value("secret") = "x"\n\nput rw/t 5\n\n\n',
                 'version("w/1") = "0"\n\nput rw/t 5\n\n\n', 'value("rw/t") = "4"\n\nget one\n\nget secret\n\n',
                 'value("rw/t") = "4"\n\nget one\n\nput secret x\n\n', '\nput w/t 1\n\n\n', '\ndel w/t\n\n\n',
                 '\ndel secret\n\n\n', '\nget secret\n\n\n'):
        ctl("txn", ALICE, stdin=text.encode())
    ctl("txn", BOB, stdin=b'\n\n\n')
    ctl("get", "rw/t", "-w", "json", ALICE)
    ctl("get", "secret", "-w", "json", ROOT)


def leases(ctl) -> None:
    ctl("put", "rw/nolease", "x", "--lease=77", ALICE)
    of_alice = ctl.grant("LEASE1", ALICE)
    ctl("put", "rw/leased", "x", f"--lease={of_alice}", ALICE)
    ctl("put", "secret/leased", "x", f"--lease={of_alice}", ROOT)
    # The lease now ends a key that alice may not delete.
    ctl("put", "rw/leased2", "x", f"--lease={of_alice}", ALICE)
    ctl("lease", "revoke", of_alice, ALICE)
    ctl("lease", "revoke", of_alice, BOB)
    ctl("lease", "revoke", of_alice, ROOT)
    ctl("get", "secret/leased", ROOT)
    own = ctl.grant("LEASE2", ALICE)
    ctl("put", "rw/leased", "x", f"--lease={own}", ALICE)
    ctl("lease", "revoke", own, BOB)
    ctl("lease", "revoke", own, ALICE)
    empty = ctl.grant("LEASE3", BOB)
    ctl("lease", "revoke", empty, BOB)
    ctl("lease", "revoke", "1234", BOB)
    ctl("lease", "keep-alive", "1234", "--once", BOB)
    ctl("lease", "timetolive", "1234", BOB)


def locks_and_elections(ctl) -> None:
    ctl("lock", "rw/lock", "echo", "held", ALICE)
    ctl("lock", "secret/lock", "echo", "held", ALICE)
    ctl("lock", "rw/lock", "echo", "held", BOB)
    ctl("lock", "rw/lock", "echo", "held")
    ctl("elect", "secret/elect", "me", ALICE)
    ctl("elect", "rw/elect", "me", BOB)


def administration(ctl) -> None:
    for words in ("user list", "user get alice", "user get root", "user add more:x", "user delete bob", "user grant-role bob mixed",
                  "user revoke-role alice mixed", "role list", "role get mixed", "role get other", "role add more", "role delete mixed",
                  "role grant-permission mixed readwrite secret", "role revoke-permission mixed one", "auth enable",
                  "auth disable", "defrag", "alarm list", "member list", "endpoint health", "endpoint hashkv",
                  "member add x --peer-urls=http://127.0.0.1:1", "member remove 1234"):
        ctl(*words.split(), ALICE, unordered=True)
    ctl("user", "passwd", "bob", "--interactive=false", ALICE, stdin=b"stolen\n")
    ctl("user", "passwd", "alice", "--interactive=false", ALICE, stdin=b"alicepw\n")
    for words in ("user list", "role list", "user get bob", "defrag", "alarm list", "endpoint health"):
        ctl(*words.split(), ROOT)
    ctl("user", "delete", "root", ROOT)
    ctl("role", "delete", "root", ROOT)
    ctl("user", "revoke-role", "root", "root", ROOT)


def changes_take_effect(ctl) -> None:
    ctl("user", "grant-role", "bob", "other", ROOT)
    ctl("get", "given", BOB)
    ctl("role", "grant-permission", "other", "readwrite", "given", ROOT)
    ctl("put", "given", "x", BOB)
    ctl("role", "grant-permission", "other", "read", "given", ROOT)
    ctl("put", "given", "y", BOB)
    ctl("get", "given", BOB)
    ctl("role", "revoke-permission", "other", "given", ROOT)
    ctl("get", "given", BOB)
    ctl("role", "grant-permission", "other", "read", "given", ROOT)
    ctl("get", "given", BOB)
    ctl("user", "revoke-role", "bob", "other", ROOT)
    ctl("get", "given", BOB)
    ctl("user", "grant-role", "bob", "other", ROOT)
    ctl("role", "delete", "other", ROOT)
    ctl("get", "given", BOB)
    ctl("user", "get", "bob", ROOT)
    # Whoever has the role root is root.
    ctl("user", "grant-role", "bob", "root", ROOT)
    ctl("get", "secret", BOB)
    ctl("user", "list", BOB)
    ctl("user", "revoke-role", "bob", "root", BOB)
    ctl("user", "list", BOB)
    ctl("get", "x", "--user=gone:gonepw")
    ctl("user", "delete", "gone", ROOT)
    ctl("get", "x", "--user=gone:gonepw")


def passwords(ctl) -> None:
    ctl("user", "passwd", "bob", "--interactive=false", ROOT, stdin=b"newpw\n")
    ctl("user", "list", BOB)
    ctl("user", "list", "--user=bob:newpw")
    ctl("user", "passwd", "bob", "--interactive=false", ROOT, stdin=b"bobpw\n")


def after_a_restart(ctl) -> None:
    ctl("user", "list", ROOT)
    ctl("role", "get", "mixed", "-w", "json", ROOT)
    ctl("get", "rw/", "--prefix", ALICE)
    ctl("get", "secret", ALICE)
    ctl("get", "rw/", "--prefix")


def disabling(ctl) -> None:
    ctl("auth", "disable", ALICE)
    ctl("auth", "disable", ROOT)
    ctl("auth", "disable")
    ctl("get", "secret")
    ctl("put", "secret", "everybody's", "--prev-kv")
    ctl("get", "secret", "--user=nobody:nothing")
    ctl("user", "delete", "root")
    ctl("role", "delete", "root")
    ctl("user", "list", "-w", "json")
    ctl("auth", "enable")
    ctl("user", "delete", "alice")
    ctl("role", "delete", "mixed")
