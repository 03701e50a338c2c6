"""The steps that Debian's etcdctl takes, in order: each builds on the store that the ones before it left."""

LONG = "v" * 4000
ORDERS = ("ASCEND", "DESCEND")
TARGETS = ("CREATE", "KEY", "MODIFY", "VALUE", "VERSION")


def steps(ctl) -> None:
    empty_store(ctl)
    put_and_get(ctl)
    ranges(ctl)
    sorted_and_filtered(ctl)
    deletes(ctl)
    awkward_bytes(ctl)
    transactions(ctl)
    refused_transactions(ctl)
    revisions_and_compaction(ctl)
    sizes(ctl)
    misuse(ctl)
    operator_surface(ctl)


def empty_store(ctl) -> None:
    ctl("get", "nothing")
    ctl("get", "nothing", "-w", "json")
    ctl("get", "nothing", "-w", "fields")
    ctl("get", "", "--prefix", "--count-only", "-w", "fields")
    ctl("del", "nothing")
    ctl("del", "nothing", "-w", "json")
    ctl("compaction", "5")


def put_and_get(ctl) -> None:
    ctl("put", "color", "red")
    ctl("put", "color", "green", "-w", "json")
    ctl("put", "color", "blue", "--prev-kv")
    ctl("put", "color", "blue", "--prev-kv", "-w", "json")
    ctl("put", "color", "blue", "--prev-kv", "-w", "fields")
    ctl("put", "fresh", "1", "--prev-kv", "-w", "json")
    ctl("put", "empty", "")
    ctl("put", "from-stdin", stdin=b"first line\nsecond line\n")
    for format in ("simple", "json", "fields"):
        ctl("get", "color", "-w", format)
        ctl("get", "empty", "-w", format)
        ctl("get", "from-stdin", "-w", format)
    ctl("get", "color", "--hex")
    ctl("get", "color", "--print-value-only")
    ctl("get", "color", "--keys-only")
    ctl("get", "color", "--consistency=s")
    ctl("get", "color", "--consistency=l")
    ctl("put", "color", "--ignore-value")
    ctl("put", "color", "--ignore-lease", "violet")
    ctl("get", "color", "-w", "json")
    ctl("put", "unknown", "--ignore-value")
    ctl("put", "unknown", "x", "--ignore-lease")
    ctl("put", "color", "x", "--lease=1234")
    ctl("put", "", "x")
    ctl("get", "")


def ranges(ctl) -> None:
    for key in ("a", "a/1", "a/2", "a/3", "a0", "b", "b/1", "c"):
        ctl("put", key, f"value of {key}")
    for format in ("simple", "json", "fields"):
        ctl("get", "a/", "--prefix", "-w", format)
    ctl("get", "a", "b")
    ctl("get", "b", "a")
    ctl("get", "a", "a")
    ctl("get", "a/2", "--from-key")
    ctl("get", "", "--prefix", "--keys-only")
    ctl("get", "", "--from-key", "--keys-only")
    ctl("get", "a/", "--prefix", "--limit=2")
    ctl("get", "a/", "--prefix", "--limit=2", "-w", "json")
    ctl("get", "a/", "--prefix", "--limit=3", "-w", "json")
    ctl("get", "a/", "--prefix", "--limit=-1", "-w", "json")
    ctl("get", "a/", "--prefix", "--keys-only", "-w", "json")
    ctl("get", "a/", "--prefix", "--count-only", "-w", "fields")
    ctl("get", "a/", "--prefix", "--count-only", "-w", "json")
    ctl("get", "a/", "--prefix", "--count-only", "--limit=1", "-w", "json")
    ctl("get", "a/", "--prefix", "--count-only")
    ctl("get", "a/", "--prefix", "--consistency=s", "-w", "json")


def sorted_and_filtered(ctl) -> None:
    for key, value in (("s/1", "zebra"), ("s/2", "ape"), ("s/3", "moose"), ("s/4", "cat")):
        ctl("put", key, value)
    for times in range(3):
        for key in ("s/3", "s/2", "s/1")[times:]:
            ctl("put", key, f"{key[-1] * (times + 1)}")
    for order in ORDERS:
        for target in TARGETS:
            ctl("get", "s/", "--prefix", f"--order={order}", f"--sort-by={target}", "-w", "json")
            ctl("get", "s/", "--prefix", f"--order={order}", f"--sort-by={target}", "--limit=2", "-w", "json")
    for target in TARGETS:
        ctl("get", "s/", "--prefix", f"--sort-by={target}", "--limit=1", "-w", "json")
    ctl("get", "s/", "--prefix", "--order=DESCEND")
    ctl("get", "s/", "--prefix", "--order=SIDEWAYS")
    ctl("get", "s/", "--prefix", "--sort-by=MOOD")
    ctl("get", "s/", "--prefix", "--consistency=x")


def deletes(ctl) -> None:
    for key in ("d/1", "d/2", "d/3", "d/4", "d/5"):
        ctl("put", key, "x")
    ctl("del", "d/1")
    ctl("del", "d/1")
    ctl("del", "d/2", "--prev-kv")
    ctl("del", "d/3", "d/4", "--prev-kv", "-w", "json")
    ctl("del", "d/", "--prefix", "-w", "fields")
    ctl("get", "d/", "--prefix")
    ctl("put", "d/1", "again")
    ctl("get", "d/1", "-w", "json")
    ctl("del", "d/", "--from-key", "--prev-kv", "-w", "json")
    ctl("get", "", "--prefix", "-w", "json")
    ctl("del", "")


def awkward_bytes(ctl) -> None:
    ctl("put", "tab\tnewline\nkey", "quote\" backslash\\ <html> & \u2028 snow \u2603")
    ctl("put", b"\xff\xfe", b"\x80\x81 not text")
    ctl("put", b"\xff", "last")
    ctl("put", "unicode/ключ", "значение")
    for format in ("simple", "json", "fields"):
        ctl("get", "tab", "--prefix", "-w", format)
        ctl("get", b"\xff", "--prefix", "-w", format)
        ctl("get", "unicode/", "--prefix", "-w", format)
    ctl("get", b"\xff", "--prefix", "--hex")
    ctl("get", b"\xff", "--from-key", "--keys-only")
    ctl("put", "long", LONG)
    ctl("get", "long")
    ctl("put", "k" * 3000, "long key")
    ctl("get", "k" * 2000, "--prefix", "-w", "json")
    ctl("put", "many-lines", stdin=b"".join(b"line %d\n" % i for i in range(200)))
    ctl("get", "many-lines", "--print-value-only")


def transactions(ctl) -> None:
    ctl("put", "t/stock", "7")
    ctl("txn", stdin=b'value("t/stock") = "7"\n\nput t/stock 6\nget t/stock\n\nget t/stock\n\n')
    ctl("txn", stdin=b'value("t/stock") = "7"\n\nput t/stock 6\n\nget t/stock\nget t/none\n\n')
    ctl("txn", "-w", "json", stdin=b'mod("t/none") = "0"\n\nput t/a 1\nput t/b 2\n\nget t/a\n\n')
    ctl("txn", "-w", "json", stdin=b'mod("t/none") = "0"\nver("t/a") = "1"\n\nget t/ --prefix\n\nget t/a\n\n')
    ctl("txn", "-w", "fields", stdin=b'create("t/a") > "1"\n\nget t/a\ndel t/b\nget t/b\nput t/b 3\nget t/b\n\n\n')
    for compare in ('ver("t/a") = "1"', 'ver("t/a") != "1"', 'ver("t/a") > "0"', 'ver("t/a") < "1"',
                    'version("t/none") = "0"', 'c("t/none") = "0"', 'val("t/a") = "1"', 'val("t/a") != "1"',
                    'val("t/a") > "0"', 'val("t/a") < "2"', 'val("t/none") = ""', 'val("t/none") != "x"',
                    'm("t/a") > "100000"'):
        ctl("txn", stdin=f"{compare}\n\nget t/a\n\nget t/b\n\n".encode())
    ctl("txn", "-w", "json", stdin=b"\n\n\n")
    ctl("txn", "-w", "json", stdin=b"\nput t/only-then 1\n\n\n")
    ctl("txn", "-w", "json", stdin=b'ver("t/a") = "9"\n\nput t/x 1\n\n\n')
    ctl("txn", "-w", "json", stdin=b"\ndel t/ --prefix --prev-kv\nget t/ --prefix\n\n\n")
    ctl("txn", "-w", "json", stdin=b"\ndel t/gone\n\n\n")
    ctl("txn", "-w", "json", stdin=b"\ndel t/gone\ndel t/gone\n\n\n")
    ctl("txn", "-w", "json", stdin=b"\nput t/p 1 --prev-kv\n\n\n")
    ctl("txn", "-w", "json", stdin=b"\nput t/p 2 --prev-kv\nget t/p --rev=1\n\n\n")
    ctl("get", "t/", "--prefix", "-w", "json")


def refused_transactions(ctl) -> None:
    ctl("txn", stdin=b"\nput t/same 1\nput t/same 2\n\n\n")
    ctl("txn", stdin=b"\nput t/same 1\ndel t/same\n\n\n")
    ctl("txn", stdin=b"\nput t/same 1\ndel t/ --prefix\n\n\n")
    ctl("txn", stdin=b"\n\nput t/same 1\nput t/same 2\n\n")
    ctl("txn", stdin=b"\nput t/same 1\nget t/same\n\n\n")
    ctl("txn", stdin=b"\nput t/lease 1 --lease=77\n\n\n")
    ctl("txn", stdin=b"\nput t/missing --ignore-value\n\n\n")
    ctl("txn", stdin=b"\nput t/before 1\nput t/missing --ignore-value\n\n\n")
    ctl("get", "t/before", "-w", "json")
    ctl("txn", stdin=b"\nget t/same --rev=100000\n\n\n")
    ctl("txn", stdin=b"\nput t/before 1\nget t/same --rev=100000\n\n\n")
    ctl("get", "t/before", "-w", "json")
    ctl("txn", stdin=b"".join([b"\n"] + [b"put t/ops/%d x\n" % i for i in range(128)] + [b"\n\n"]))
    ctl("txn", stdin=b"".join([b"\n"] + [b"put t/ops/%d x\n" % i for i in range(129)] + [b"\n\n"]))
    ctl("txn", stdin=b'nonsense("t/a") = "1"\n\nget t/a\n\n\n')
    ctl("txn", stdin=b"\nfly t/a\n\n\n")
    ctl("get", "t/ops/", "--prefix", "--count-only", "-w", "json")


def revisions_and_compaction(ctl) -> None:
    for value in range(1, 6):
        ctl("put", "r/key", str(value))
    ctl("del", "r/key")
    ctl("put", "r/key", "reborn")
    now = revision_of(ctl)
    for back in range(8):
        ctl("get", "r/key", f"--rev={now - back}", "-w", "json")
    ctl("get", "r/", "--prefix", f"--rev={now - 3}")
    ctl("get", "r/key", f"--rev={now + 1}")
    ctl("get", "r/key", "--rev=-4", "-w", "json")
    ctl("compaction", str(now + 100))
    ctl("compaction", str(now - 3), "--physical")
    ctl("compaction", str(now - 3))
    ctl("compaction", str(now - 5))
    ctl("compaction", "0")
    ctl("get", "r/key", f"--rev={now - 4}")
    ctl("get", "r/key", f"--rev={now - 3}", "-w", "json")
    ctl("get", "r/key", f"--rev={now - 2}", "-w", "json")
    ctl("get", "r/key", "-w", "json")
    ctl("get", "color", f"--rev={now - 3}", "-w", "json")
    ctl("get", "color", "--rev=3")
    ctl("txn", stdin=f"\nget r/key --rev={now - 4}\n\n\n".encode())
    ctl("txn", stdin=f"\nput r/key no\nget r/key --rev={now - 4}\n\n\n".encode())
    ctl("compaction", str(now))
    ctl("compaction", "none")
    ctl("put", "r/after", "compaction", "-w", "json")
    ctl("get", "", "--prefix", "-w", "json")


def revision_of(ctl) -> int:
    """The store's revision, which is a step too."""
    fields = ctl("get", "nothing", "-w", "fields")
    return next(int(line.split(":")[1]) for line in fields.splitlines() if line.startswith('"Revision"'))


def sizes(ctl) -> None:
    limit = 1572864
    ctl("put", "size/fits", stdin=b"x" * (limit - 200))
    ctl("get", "size/fits", "--print-value-only")
    ctl("put", "size/over", stdin=b"x" * (limit + 1))
    ctl("get", "size/over", "-w", "json")
    # Over what gRPC itself takes the text names the encoded size, which is the client's.
    ctl("put", "size/far-over", stdin=b"x" * 2200000)
    ctl("del", "size/", "--prefix")


def misuse(ctl) -> None:
    ctl("get")
    ctl("put")
    ctl("put", "a", "b", "c")
    ctl("get", "a", "b", "c")
    ctl("get", "a", "b", "--prefix")
    ctl("get", "a", "--prefix", "--from-key")
    ctl("del")
    ctl("get", "a", "-w", "table")
    ctl("get", "a", "-w", "nonsense")
    ctl("get", "a", "--no-such-flag")
    ctl("compaction")


def operator_surface(ctl) -> None:
    ctl("endpoint", "health", unordered=True)
    ctl("endpoint", "hashkv")
    ctl("endpoint", "health", "-w", "json", unordered=True)
    ctl("endpoint", "health", everywhere=True, unordered=True)
    ctl("endpoint", "health", "--cluster", unordered=True)
    ctl("endpoint", "status", unordered=True)
    ctl("endpoint", "status", "-w", "fields", unordered=True)
    ctl("endpoint", "status", "-w", "json")
    ctl("endpoint", "status", "--cluster", unordered=True)
    ctl("member", "list", unordered=True)
    ctl("member", "list", "-w", "fields", unordered=True)
    ctl("member", "list", "-w", "table", unordered=True)
    ctl("alarm", "list")
    ctl("alarm", "list", "-w", "json")
    ctl("alarm", "disarm")
