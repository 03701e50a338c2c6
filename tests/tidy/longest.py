"""The longest files and functions: a list to look at, never a fault."""

import re

from tree import is_cpp, text

FILE_LINES, FUNCTION_LINES, SHOWN = 300, 40, 25
NOT_A_FUNCTION = re.compile(r"^(?:namespace|class|struct|enum|union|extern|template|constexpr|const|#|\}|//)")


def functions(source: str):
    """(name, lines) of the definitions that begin in the first column."""
    lines, begin = source.splitlines(), None
    for number, line in enumerate(lines):
        if line[:1].isalpha() and not NOT_A_FUNCTION.match(line) and not line.endswith(";"):
            begin = number if begin is None or lines[begin:number].count("}") else begin
        if line == "}" and begin is not None:
            name = re.search(r"([\w:~]+)\(", " ".join(lines[begin : begin + 2]))
            if name:
                yield name[1], number - begin + 1
            begin = None


def show(paths: list) -> None:
    sources = {path: text(path) for path in paths if is_cpp(path) or path.endswith(".py")}
    files = sorted(((s.count("\n"), p) for p, s in sources.items()), reverse=True)
    print(f"files over {FILE_LINES} lines:")
    for lines, path in [f for f in files if f[0] > FILE_LINES][:SHOWN]:
        print(f"  {lines:5} {path}")
    found = sorted(((n, name, p) for p, s in sources.items() if is_cpp(p) for name, n in functions(s)), reverse=True)
    print(f"functions over {FUNCTION_LINES} lines:")
    for lines, name, path in [f for f in found if f[0] > FUNCTION_LINES][:SHOWN]:
        print(f"  {lines:5} {name}  {path}")
    for part in ("libraft", "libkv", "tools", "tests"):
        print(f"{part}: {sum(s.count(chr(10)) for p, s in sources.items() if p.startswith(part + '/'))} lines")
