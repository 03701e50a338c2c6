"""Which room may use which: the includes and the link lists are held against one table."""

import re

from tree import INCLUDE, ROOT, is_cpp, text, without_comments

# Room: (its CMake target, the rooms that it may link). Whatever those link is within reach as well.
LAW = {
    "libraft/base": ("raft_base", []),
    "libraft/core": ("raft_core", ["raft_base"]),
    "libraft/disk": ("raft_disk", ["raft_base"]),
    "libraft/log": ("raft_log", ["raft_base", "raft_core", "raft_disk"]),
    "libraft/net": ("raft_net", ["raft_base", "raft_core"]),
    "libraft/node": ("raft_node", ["raft_base", "raft_core", "raft_log", "raft_net"]),
    "libkv/mvcc": ("kv_mvcc", ["raft_base", "raft_core", "raft_disk"]),
    "libkv/watch": ("kv_watch", ["raft_base", "kv_mvcc"]),
    "libkv/snapshot": ("kv_snapshot", ["raft_base", "raft_core", "raft_disk", "kv_mvcc"]),
    "libkv/lease": ("kv_lease", ["raft_base", "kv_mvcc"]),
    "libkv/session": ("kv_session", ["raft_base", "kv_mvcc"]),
    "libkv/auth": ("kv_auth", ["raft_base", "kv_mvcc"]),
    "libkv/machine": ("kv_machine", ["raft_base", "raft_core", "raft_disk", "kv_auth", "kv_lease", "kv_mvcc", "kv_session", "kv_snapshot"]),
    "libkv/server": ("kv_server", ["raft_base", "raft_core", "raft_node", "kv_mvcc", "kv_auth", "kv_lease", "kv_session", "kv_machine", "kv_watch"]),
    "libkv/rpc": ("kv_rpc", ["raft_base"]),
    "libkv/api/proto": ("kv_proto", []),
    "libkv/api": ("kv_api", ["raft_base", "kv_proto", "kv_rpc", "kv_server", "kv_machine", "kv_auth", "kv_lease", "kv_mvcc", "kv_session", "kv_snapshot", "kv_watch"]),
    "libkv/gateway": ("kv_gateway", ["kv_proto", "kv_rpc"]),
    "tools/common": ("tools_common", ["raft_base"]),
}
# Of core these rooms share the words, not the algorithm.
WORDS_OF_CORE = {f"libraft/core/{name}.h" for name in ("types", "message", "membership", "describe")}
WORDS_ONLY = ("libraft/log", "libraft/net")
# Seams: headers that those who implement them include without linking the room, and where they count to.
SEAMS = {"libraft/node/snapshot.h": "libraft/core"}
# What comes from outside, by the beginning of its include, and the link that stands for it.
OUTSIDE = {
    "leveldb/": "leveldb::leveldb",
    "boost/": "Boost::",
    "nghttp2/": "PkgConfig::NGHTTP2",
    "openssl/": "OpenSSL::",
    "google/protobuf/": "protobuf::libprotobuf",
    "spdlog/": "spdlog::spdlog",
    "prometheus/": "prometheus-cpp::core",
    "xxhash.h": "PkgConfig::XXHASH",
    "zstd.h": "PkgConfig::ZSTD",
    "zlib.h": "ZLIB::ZLIB",
    "crypt.h": "PkgConfig::CRYPT",
    "systemd/": "PkgConfig::SYSTEMD",
}
PURE = ("libraft/core/", "libkv/mvcc/", "libkv/watch/", "libkv/lease/", "libkv/session/", "libkv/auth/", "libkv/machine/", "libraft/node/replica.")
IMPURE_INCLUDES = {
    "atomic", "barrier", "condition_variable", "ctime", "filesystem", "fstream", "future", "iostream", "latch",
    "mutex", "random", "semaphore", "shared_mutex", "stop_token", "thread", "time.h", "unistd.h", "pthread.h",
}
IMPURE_CALLS = re.compile(
    r"::now\s*\(|\bstd::(?:cout|cerr|clog|rand|random_device|this_thread|getenv|time)\b"
    r"|(?<![\w.:>])(?:rand|getenv|sleep|usleep|clock_gettime|gettimeofday|printf|fprintf|abort|exit)\s*\("
)
LINKS = re.compile(r"\bkvd_(?:room|tool)\s*\(\s*(\w+)(.*?)\)", re.DOTALL)


def room_of(path: str) -> str | None:
    """The room that a path lies in: the longest match."""
    if path in SEAMS:
        return SEAMS[path]
    found = [room for room in LAW if path.startswith(room + "/")]
    return max(found, key=len) if found else None


def link_lists() -> dict:
    """Target: what its CMakeLists.txt links."""
    lists = {}
    for cmake in [*ROOT.glob("lib*/**/CMakeLists.txt"), *ROOT.glob("tools/*/CMakeLists.txt")]:
        source = re.sub(r"#[^\n]*", "", cmake.read_text(encoding="utf-8"))
        for name, body in LINKS.findall(source):
            words = body.split()
            lists[name] = words[words.index("LINKS") + 1 :] if "LINKS" in words else []
    # Generated code is no kvd_room: its warnings are not ours.
    lists["kv_proto"] = ["protobuf::libprotobuf"]
    return lists


def reach(target: str, lists: dict) -> set:
    """Everything that a target links, directly or through others."""
    seen, todo = set(), [target]
    while todo:
        for link in lists.get(todo.pop(), []):
            if link not in seen:
                seen.add(link)
                todo.append(link)
    return seen


def check_links(lists: dict) -> list:
    faults = []
    targets = {target for target, _ in LAW.values()}
    for room, (target, permitted) in LAW.items():
        for link in lists.get(target, []):
            if link in targets and link not in permitted:
                faults.append(f"{room}/CMakeLists.txt: {target} links {link}; it may link {', '.join(permitted)}")
    for name in lists:
        if name.startswith(("raft_", "kv_", "tools_")) and name not in targets:
            faults.append(f"{name} is a room that tests/tidy/rooms.py does not know")
    return faults


def check_includes(paths: list, lists: dict) -> list:
    faults = []
    directories = {target: room for room, (target, _) in LAW.items()}
    for path in filter(is_cpp, paths):
        room = room_of(path)
        if room is None:
            continue
        within = reach(LAW[room][0], lists)
        rooms = {room} | {directories[link] for link in within if link in directories}
        for quote, included in INCLUDE.findall(text(path)):
            faults += [f"{path}: includes {included}, {why}" for why in _objections(included, quote, room, rooms, within)]
    return faults


def _objections(included: str, quote: str, room: str, rooms: set, within: set):
    top = included.split("/")[0]
    if top in ("libraft", "libkv", "tools"):
        other = room_of(included)
        if other not in rooms:
            yield f"which {room} does not link"
        if room in WORDS_ONLY and other == "libraft/core" and included not in WORDS_OF_CORE:
            yield f"but {room} shares core's words only: types, message, membership, describe"
    elif top == "tests":
        yield "but nothing that ships may include tests"
    elif quote == '"':
        yield "which does not begin at the root"
    else:
        for beginning, link in OUTSIDE.items():
            if included.startswith(beginning) and not any(known.startswith(link) for known in within):
                yield f"but {room} does not link {link}"


def check_tools(paths: list) -> list:
    """Libraries never include tools; a tool never includes another tool."""
    faults = []
    for path in filter(is_cpp, paths):
        for _, included in INCLUDE.findall(text(path)):
            if not included.startswith("tools/"):
                continue
            mine, theirs = path.split("/")[1], included.split("/")[1]
            if path.startswith("lib"):
                faults.append(f"{path}: includes {included}: the libraries do not know the tools")
            elif path.startswith("tools/") and theirs not in (mine, "common"):
                faults.append(f"{path}: includes {included} of another tool")
    return faults


def check_purity(paths: list, allowed) -> list:
    faults = []
    for path in filter(is_cpp, paths):
        if not path.startswith(PURE):
            continue
        source = text(path)
        impure = [name for _, name in INCLUDE.findall(source) if name in IMPURE_INCLUDES]
        impure += [found.strip() for found in IMPURE_CALLS.findall(without_comments(source))]
        if impure and not allowed.excuses("purity", path):
            faults.append(f"{path}: is pure and yet uses {', '.join(sorted(set(impure)))}")
    return faults


def check(paths: list, allowed) -> list:
    lists = link_lists()
    return (check_links(lists) + check_includes(paths, lists) + check_tools(paths) + check_purity(paths, allowed))
