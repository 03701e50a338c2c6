"""Steps that are calls of a client library: what is returned, or what is raised, is written down."""

import re
import time

import places

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def refused(error: Exception) -> str:
    return f"{type(error).__name__}: {ADDRESS.sub('', str(error))}"


class Steps:
    """`refusal(error)` tells what a user can tell from an exception of the library."""

    def __init__(self, transcript, refusal=refused):
        self.transcript = transcript
        self.refusal = refusal

    def __call__(self, title: str, call, show=repr, unordered: bool = False):
        """Runs `call`; what it returned, or None when it raised."""
        answer = None
        try:
            answer = call()
            seen = show(answer)
        except Exception as error:  # whatever the library makes of it is what users see
            seen = self.refusal(error)
        self.transcript.add(title[:300], unordered=unordered, answer=seen)
        return answer


def eventually(holds, seconds: float = 20.0, what: str = "what was waited for") -> None:
    """Asks until it holds; a bound, not a pace."""
    deadline = time.monotonic() + seconds * places.time_scale()
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} has not come within {seconds} s")
        time.sleep(0.05)
