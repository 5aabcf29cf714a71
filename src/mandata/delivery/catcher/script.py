"""What the catcher answers to whom: a list of lines, the first that matches decides.

A line matches by the local part, and where `share` is below 1, only that share of the addresses, always the same ones.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

Stage = Literal["rcpt", "content", "report", "complaint"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the script.

    `stage` rcpt and content refuse with `reply`; report accepts and then sends a delivery report whose diagnostic is
    `reply`; complaint accepts and then complains. `times` above 0 refuses only the first so many attempts.
    """

    match: str
    stage: Stage
    reply: str = ""
    share: float = 1.0
    times: int = 0

    def applies(self, address: str) -> bool:
        """Return whether this line speaks of the address."""
        if not re.match(self.match, address.partition("@")[0], re.IGNORECASE):
            return False
        return self.share >= 1.0 or _place(self.match, address) < self.share


DEFAULT: tuple[Line, ...] = (
    Line(r"bounce5", "rcpt", "550 5.1.1 The account that you tried to reach does not exist"),
    Line(r"nodomain5", "rcpt", "550 5.1.2 Host unknown"),
    Line(r"full", "rcpt", "552 5.2.2 Mailbox is over its quota"),
    Line(r"busy4", "rcpt", "451 4.3.2 Try again later", times=1),
    Line(r"grey4", "rcpt", "451 4.7.1 Greylisted, try again later", times=1),
    Line(r"spam5", "content", "554 5.7.1 Message looks like spam"),
    Line(r"later5|dsn", "report", "550 5.1.1 User unknown"),
    Line(r"laterfull", "report", "552 5.2.2 Mailbox full"),
    Line(r"complain", "complaint"),
)


def verdict(lines: tuple[Line, ...], address: str) -> Line | None:
    """Return the first line that speaks of the address, or None: accept."""
    return next((line for line in lines if line.applies(address)), None)


def parse(entries: list[dict[str, object]]) -> tuple[Line, ...]:
    """Read a script from JSON objects with the fields of `Line`. ValueError names the entry that is wrong."""
    lines = []
    for number, entry in enumerate(entries, 1):
        try:
            line = Line(**entry)  # type: ignore[arg-type]
            re.compile(line.match)
        except (TypeError, re.error) as error:
            raise ValueError(f"line {number} of the script: {error}") from error
        if line.stage not in ("rcpt", "content", "report", "complaint"):
            raise ValueError(f"line {number} of the script: no such stage")
        lines.append(line)
    return tuple(lines)


def _place(salt: str, address: str) -> float:
    digest = hashlib.blake2b(f"{salt}\0{address.lower()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
