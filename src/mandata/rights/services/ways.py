"""What an answer does, by the way of its kind (`rules.Way`): through the verbs of the holdings, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.services import obligations
from mandata.audience import personal
from mandata.audience import selectors as people
from mandata.foundation.actors import Actor
from mandata.holdings import selectors as held
from mandata.holdings import services as holdings
from mandata.holdings import shelves, words
from mandata.holdings.rules import CLAUSES, Subject
from mandata.rights import letters, rules
from mandata.rights.errors import WordsMissing
from mandata.rights.models import Answer, Case
from mandata.rights.selectors import ANSWER_PLACE, Wrote
from mandata.rights.services import objecting, steps, transmitting
from mandata.vault.services import Vault

Outcome = dict[str, object]


@dataclass(frozen=True, slots=True)
class Given:
    """What an officer says with an answer: the ground of an erasure, corrected values by field, own words in the
    person's language, whether an objection leaves only the least (DSR-13)."""

    ground: str = "no_longer_needed"
    changes: Mapping[str, str] = field(default_factory=dict, repr=False)
    words: str = field(default="", repr=False)
    minimise: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """An answer on its way. `subject` is None where nothing can be found under an address."""

    case: Case
    wrote: Wrote
    subject: Subject | None
    actor: Actor
    at: datetime
    given: Given

    @property
    def someone(self) -> Subject:
        """The subject of an act that is done for somebody known alone."""
        if self.subject is None:
            raise TypeError("an act on somebody's data needs somebody")
        return self.subject

    def say(self, letter: letters.Letter, *, forget: bool = False) -> dict[str, object]:
        """Tell the person, and return what shows it."""
        kind = "erased" if forget else "answered"
        shown = steps.tell(self.case, letter, self.wrote, kind=kind, at=self.at, forget=forget)
        return {name: str(value) for name, value in shown.items()}


Way = Callable[[Act], tuple[Outcome, str]]
"""Does it; returns the outcome as the case keeps it and the provision it rests on."""


def nothing_held(act: Act) -> tuple[Outcome, str]:
    """Tell somebody that nothing is held."""
    case = act.case
    letter = letters.nothing_held(accounts.controller(), number=case.number, regime=case.regime, language=case.language)
    return {"result": "nothing_held", **act.say(letter)}, rules.CLAUSES[case.kind]


def copy(act: Act) -> tuple[Outcome, str]:
    """Hand a copy over, sealed under the case's key behind a link that expires."""
    case, at, kind = act.case, act.at, rules.kind(act.case.kind)
    make = holdings.portable if kind.form == "portable" else holdings.export
    archive = make(subject=act.someone, language=case.language, at=at)
    expires_at = at + rules.DOWNLOAD_LASTS
    sealed = Vault.open().seal(case.id, ANSWER_PLACE, archive.content)
    Answer.objects.create(id=case.id, sealed=sealed, size=len(archive.content), expires_at=expires_at, form=kind.form)
    token = "" if rules.on_paper(case.channel) else steps.new_link(case, "download", expires_at)
    beside = shelves.found_about(case.id)
    letter = letters.copy_ready(
        accounts.controller(),
        number=case.number,
        token=token,
        expires_at=expires_at,
        form=kind.form,
        regime=case.regime,
        beside=beside,
        to=transmitting.host(act.wrote),
        language=case.language,
    )
    outcome: Outcome = {
        "result": "handed_over",
        "manual": len(beside),
        "records": dict(archive.counts),
        "bytes": len(archive.content),
        "expires_at": expires_at.isoformat(),
        **act.say(letter),
    }
    return outcome, kind.clause


def erase(act: Act) -> tuple[Outcome, str]:
    """Erase the person. The letter is sealed before the address dies with the case's key, in the same transaction."""
    case = act.case
    ground = rules.ERASED_AS.get(case.kind, act.given.ground)
    with translation.override(case.language):
        stays = held.stays(act.someone)
    letter = letters.erased(
        accounts.controller(),
        number=case.number,
        kept=stays,
        paper=rules.on_paper(case.channel),
        regime=case.regime,
        language=case.language,
    )
    shown = act.say(letter, forget=True)
    done = holdings.erase(subject=act.someone, ground=ground, actor=act.actor, case_id=case.id, at=act.at)
    outcome: Outcome = {
        "result": "erased",
        "erasure": str(done.id),
        "ground": ground,
        "counts": {key: dict(count) for key, count in done.counts.items()},
        "kept": {str(one["holding"]): one["rows"] for one in done.kept},
        **shown,
    }
    return outcome, CLAUSES[ground]


def rectify(act: Act) -> tuple[Outcome, str]:
    """Correct or complete fields (Article 16 GDPR). Raises WordsMissing without any."""
    case = act.case
    changes = {key: text for key, text in act.given.changes.items() if key}
    if not changes:
        raise WordsMissing(
            _("Nothing was said that is to be corrected."),
            clause=rules.CLAUSES[case.kind],
            remedy=_("Choose a field and write its right value, or refuse the request with its reason."),
        )
    who = act.someone.reference
    known = personal.address_of(who) if who and "email" in changes else None
    rows = holdings.rectify(subject=act.someone, changes=changes, actor=act.actor, at=act.at)
    with translation.override(case.language):
        names = [words.label(key) for key in changes]
    letter = letters.corrected(
        accounts.controller(),
        number=case.number,
        fields=names,
        words=act.given.words,
        regime=case.regime,
        language=case.language,
    )
    outcome: Outcome = {"result": "corrected", "fields": sorted(changes), "rows": rows, **act.say(letter)}
    if who and known and personal.address_of(who) != known:
        warning = letters.address_changed(accounts.controller(), number=case.number, language=case.language)
        outcome["warned"] = str(steps.post(case, warning, to=known, kind="address_changed", at=act.at))
    return outcome, rules.CLAUSES[case.kind]


def restrict(act: Act) -> tuple[Outcome, str]:
    """Restrict the processing until it is lifted (Article 18 GDPR)."""
    case, ground = act.case, str(act.case.asked.get("ground", "accuracy"))
    rows = holdings.restrict(subject=act.someone, restricted=True, actor=act.actor, at=act.at)
    Case.objects.filter(id=case.id).update(restricted_at=act.at)
    letter = letters.restricted(accounts.controller(), number=case.number, language=case.language)
    return {"result": "restricted", "ground": ground, "rows": rows, **act.say(letter)}, rules.RESTRICTED[ground]


def object_(act: Act) -> tuple[Outcome, str]:
    """Write to the person no more, as far as the objection goes (Article 21 GDPR); the keyed value stays (DSR-13)."""
    case, scope = act.case, str(act.case.asked.get("scope", "marketing"))
    done = objecting.stop(asked=case.asked, subject=act.subject, address=act.wrote.address, actor=act.actor, at=act.at)
    emptied = 0
    if act.given.minimise and act.subject is not None and act.subject.reference is not None:
        blank = dict.fromkeys(people.field_specs(), "")
        emptied = sum(holdings.rectify(subject=act.subject, changes=blank, actor=act.actor, at=act.at).values())
    letter = letters.stopped(
        accounts.controller(),
        number=case.number,
        scope=scope,
        lists=done.lists,
        channels=done.channels,
        words=act.given.words,
        language=case.language,
    )
    outcome: Outcome = {"result": "stopped", "scope": scope, "new": done.new, "minimised": emptied, **act.say(letter)}
    return outcome, "Art. 21(1) GDPR" if scope == "situation" else "Art. 21(3) GDPR"


def opt_out(act: Act) -> tuple[Outcome, str]:
    """Note that nothing may be sold, shared or put to further uses: here nothing ever is (INS-6). Whoever asks to opt
    in again waits for the clause's time."""
    case = act.case
    obligations.open_for(
        event="opted_out", since=act.at, cause=f"case:{case.id}", at=act.at, about=("opted_out", case.id)
    )
    letter = letters.opted_out(accounts.controller(), number=case.number, kind=case.kind, language=case.language)
    return {"result": "noted", **act.say(letter)}, rules.CLAUSES[case.kind]


def reply(act: Act) -> tuple[Outcome, str]:
    """Answer in the officer's own words. Raises WordsMissing without any."""
    case = act.case
    if not act.given.words.strip():
        raise WordsMissing(
            _("This answer needs your own words."),
            clause=rules.CLAUSES[case.kind],
            remedy=_("Write to the person what you found and what follows."),
        )
    letter = letters.replied(
        accounts.controller(),
        number=case.number,
        kind=case.kind,
        words=act.given.words.strip(),
        regime=case.regime,
        language=case.language,
    )
    result = "reviewed" if case.kind == "automated" else "replied"
    return {"result": result, **act.say(letter)}, rules.CLAUSES[case.kind]


WAYS: Final[Mapping[rules.Way, Way]] = {
    rules.Way.COPY: copy,
    rules.Way.ERASE: erase,
    rules.Way.RECTIFY: rectify,
    rules.Way.RESTRICT: restrict,
    rules.Way.OBJECT: object_,
    rules.Way.OPT_OUT: opt_out,
    rules.Way.REPLY: reply,
}

FOR_ANYBODY: Final = frozenset({rules.Way.OBJECT, rules.Way.OPT_OUT, rules.Way.REPLY})
"""What is done also for somebody of whom nothing is held."""
