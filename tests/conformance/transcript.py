"""What a script saw of a server, made comparable: recorded step by step, names and numbers of the run replaced."""

import re
from dataclasses import dataclass

# What differs from one run to the next, whoever answers.
PASSING = [
    (re.compile(r'"ts":"[^"]*"'), '"ts":TIME'),
    (re.compile(r'"target":"[^"]*"'), '"target":CLIENT'),
    (re.compile(r'"(retryable-)?attempt":\d+'), '"attempt":N'),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r'(raft_?(?:applied_?)?(?:term|index)"?\s*:\s*"?)\d+', re.I), r"\1N"),
    (re.compile(r'(db_?size(?:_?in_?use)?"?\s*:\s*)\d+', re.I), r"\1N"),
    (re.compile(r"took = [0-9.]+(?:µs|ms|s)"), "took = TIME"),
    (re.compile(r'"took":"[^"]*"'), '"took":TIME'),
    (re.compile(r"\b[0-9.]+ (?:k|M)?B\b"), "SIZE"),
    (re.compile(r"((?:true|false), )\d+, \d+, \d+, "), r"\1TERM, INDEX, APPLIED, "),
    (re.compile(r"\bn[1-3]\b"), "NAME"),
    # etcdctl pads ids to 16 digits: one in sixteen begins with a zero.
    (re.compile(r"\b(Member|cluster) +"), r"\1 "),
    # The width of a table's columns follows what stands in them.
    (re.compile(r"-{4,}"), "---"),
    (re.compile(r"(?<=\|) +| +(?=\|)"), " "),
]


@dataclass(frozen=True)
class Step:
    """One step: what was asked, and the texts that came back by the name of their source."""

    title: str
    seen: tuple  # of (source, text)


class Transcript:
    """The steps of one run against one server."""

    def __init__(self, name: str, names: dict):
        """`names` maps what is particular to this cluster (ids in decimal and hex) to what to call it."""
        self.name = name
        self.steps = []
        # The longest first, so that no id is taken for the end of another.
        self._names = sorted(names.items(), key=lambda item: -len(item[0]))

    def learn(self, text: str, common: str) -> None:
        """Something of this cluster that was not known at the beginning, and what to call it."""
        self._names.append((text, common))
        self._names.sort(key=lambda item: -len(item[0]))

    def add(self, title: str, unordered: bool = False, **seen: object) -> None:
        texts = []
        for source, value in seen.items():
            text = self._common(str(value))
            if unordered:
                text = "\n".join(sorted(text.split("\n")))
            texts.append((source, text))
        self.steps.append(Step(self._common(title), tuple(texts)))

    def _common(self, text: str) -> str:
        for mine, common in self._names:
            text = re.sub(rf"(?<![0-9a-f]){mine}(?![0-9a-f])", common, text)
        for pattern, common in PASSING:
            text = pattern.sub(common, text)
        return text


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant: in steps whose title matches, `pattern` of the reference may read `instead`."""

    title: str
    source: str
    pattern: str
    instead: str
    reason: str

    def apply(self, step: Step, source: str, text: str) -> str:
        if self.source != source or not re.search(self.title, step.title):
            return text
        return re.sub(self.pattern, self.instead, text)


def differences(reference: Transcript, other: Transcript, allowed: list) -> tuple:
    """(list of texts, set of the allowances that were needed)."""
    found, used = [], set()
    if len(reference.steps) != len(other.steps):
        found.append(f"{len(reference.steps)} steps against {len(other.steps)}")
    for number, (expected, actual) in enumerate(zip(reference.steps, other.steps), 1):
        if expected.title != actual.title:
            found.append(f"step {number}: {expected.title!r} against {actual.title!r}")
            break
        for (source, want), (_, got) in zip(expected.seen, actual.seen):
            if want == got:
                continue
            for rule in allowed:
                replaced_want, replaced_got = rule.apply(expected, source, want), rule.apply(expected, source, got)
                if (replaced_want, replaced_got) != (want, got):
                    used.add(rule)
                want, got = replaced_want, replaced_got
            if want != got:
                found.append(
                    f"step {number}: {expected.title}\n"
                    f"  {source} of {reference.name}: {want!r}\n"
                    f"  {source} of {other.name}: {got!r}"
                )
    return found, used


def report(reference: Transcript, other: Transcript, allowed: list) -> bool:
    """Prints how the two compare; true when they agree."""
    found, used = differences(reference, other, allowed)
    print(f"{other.name} against {reference.name}: {len(reference.steps)} steps, {len(found)} differences,"
          f" {len(used)} of {len(allowed)} allowances needed", flush=True)
    for text in found:
        print(text, flush=True)
    stale = [rule for rule in allowed if rule not in used]
    for rule in stale:
        print(f"this allowance is no longer needed: {rule}", flush=True)
    return not found and not stale
