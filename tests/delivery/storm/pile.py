"""A desk with a fixed pile of letters, for transports without an engine."""

from collections import Counter
from collections.abc import Collection, Sequence

from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.transports.port import Letter, Unroutable


class Pile:
    """Letters of one lane; what comes back unbegun is given out again, so many times."""

    def __init__(self, letters: Sequence[Letter], tries: int = 5) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.begun: Counter[int] = Counter()
        self.open: set[int] = set()
        self._pile = list(reversed(letters))
        self._all = {letter.key: letter for letter in letters}
        self._returned: Counter[int] = Counter()
        self._tries = tries

    def lanes(self) -> Collection[str]:
        """The one lane, while letters lie there."""
        return ("",) if self._pile else ()

    def take(self, _lane: str = "") -> Letter | None:
        """Give out the next letter."""
        if not self._pile:
            return None
        letter = self._pile.pop()
        self.open.add(letter.key)
        return letter

    def give_up(self, _lane: str, why: Unroutable) -> None:
        """Everything ends as the transport says."""
        while self._pile:
            key = self._pile.pop().key
            self.outcomes[key] = why.outcome(key)

    def closed(self) -> bool:
        """Whether nothing lies there; what returns opens it again."""
        return not self._pile

    def begin(self, key: int) -> None:
        """A letter's content leaves."""
        assert key in self.open
        self.begun[key] += 1

    def report(self, outcome: Outcome) -> None:
        """A letter's end, once."""
        assert outcome.key in self.open, "reported twice or never taken"
        self.open.remove(outcome.key)
        if outcome.fate == "returned" and self._returned[outcome.key] < self._tries:
            self._returned[outcome.key] += 1
            self._pile.append(self._all[outcome.key])
        else:
            self.outcomes[outcome.key] = outcome

    def idle(self) -> None:
        """Nothing is kept back."""

    def fates(self) -> dict[int, str]:
        """What became of each."""
        return {key: outcome.fate for key, outcome in sorted(self.outcomes.items())}
