"""Refusing with reasons (Article 12(4) GDPR), and a fee for what is excessive (Article 12(5); DSR-11)."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation.actors import Actor
from mandata.holdings import manual
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import BadReason, NotThisKind, WordsMissing
from mandata.rights.models import Case
from mandata.rights.selectors import listing
from mandata.rights.services import closing, steps

FEE_CLAUSES = {rules.GDPR: "Art. 12(5)(a) GDPR", rules.US: "Cal. Civ. Code § 1798.145(h)(3)"}
_DIGITS = 9


def refuse(*, case_id: UUID, reason: str, words: str = "", actor: Actor, at: datetime) -> dict[str, object]:
    """Refuse a request with a reason and tell the person, with the right to complain and the authority.

    `words` are the officer's own, in the person's language; they go into the letter only. Raises NoSuchCase,
    AlreadyDecided, BadReason: none that the law knows for the kind, or none that the agreement leaves (rights.refusal).
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if not rules.may_refuse(case.state):
            raise closing.decided(case)
        if reason not in rules.refusal_reasons(case.kind):
            raise BadReason(
                _("A refusal needs one of the reasons of the law."), clause="Art. 12(4) GDPR", remedy=_("Choose one.")
            )
        if not rules.may_refuse_excess(reason, selectors.excess_ways(at)):
            raise BadReason(
                _("By the agreement an excessive request is not refused; a fee can be asked for."),
                clause="rights.refusal",
                remedy=_("Ask for a fee."),
            )
        for member in Case.objects.filter(household=case.id, state__in=rules.OPEN):
            _refuse(steps.locked(member.id), reason, words, actor, at)
        return _refuse(case, reason, words, actor, at)


def _refuse(case: Case, reason: str, words: str, actor: Actor, at: datetime) -> dict[str, object]:
    wrote = selectors.wrote(case)
    letter = letters.refusal(
        accounts.controller(),
        number=case.number,
        reason=reason,
        words=words.strip(),
        regime=case.regime,
        language=case.language,
    )
    shown = steps.tell(case, letter, wrote, kind="refused", at=at)
    manual.drop(about=case.id, at=at)
    outcome: dict[str, object] = {
        "result": "refused",
        "reason": reason,
        **{name: str(value) for name, value in shown.items()},
    }
    return closing.close(case, "refused", outcome, actor, at, clause=rules.REASONS[reason])


def ask_fee(
    *, case_id: UUID, amount: str, currency: str, reason: str, words: str = "", actor: Actor, at: datetime
) -> None:
    """State a reasonable fee for a request that is manifestly unfounded or excessive; the case waits for its payment.

    `amount`: decimal text. `words`: how it is reckoned, for the letter. Raises NoSuchCase, AlreadyDecided, BadReason
    (the agreement leaves no fee, or the reason is none for one), WordsMissing (no amount), NotThisKind (asked before).
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if not rules.may_refuse(case.state):
            raise closing.decided(case)
        if reason not in rules.refusal_reasons(case.kind) or not rules.may_fee(reason, selectors.excess_ways(at)):
            raise BadReason(
                _(
                    "A fee is asked for only where a request is manifestly unfounded or excessive, and the agreement "
                    "leaves it."
                ),
                clause=FEE_CLAUSES[case.regime],
                remedy=_("Answer the request, or refuse it."),
            )
        if case.fee:
            raise NotThisKind(_("A fee was asked for already."), clause=FEE_CLAUSES[case.regime])
        shown_amount, code = _money(amount, currency)
        letter = letters.fee(
            accounts.controller(),
            number=case.number,
            amount=f"{shown_amount} {code}",
            reason=_in_words(reason, case.language),
            words=words.strip(),
            regime=case.regime,
            clause=FEE_CLAUSES[case.regime],
            language=case.language,
        )
        shown = steps.tell(case, letter, selectors.wrote(case), kind="fee", at=at)
        fee = {"amount": shown_amount, "currency": code, "reason": reason, "asked_at": at.isoformat()}
        Case.objects.filter(id=case.id).update(fee=fee)
        detail = {"amount": shown_amount, "currency": code, "reason": reason, **shown}
        steps.enter(case, "fee_asked", actor=actor, at=at, detail=detail, clause=FEE_CLAUSES[case.regime])


def _in_words(reason: str, language: str) -> str:
    with translation.override(language):
        return letters.reason_words(reason)


def _money(amount: str, currency: str) -> tuple[str, str]:
    code = currency.strip().upper()
    try:
        value = Decimal(amount.strip().replace(",", ".")).quantize(Decimal("0.01"))
    except InvalidOperation:
        value = Decimal(0)
    if value <= 0 or len(str(int(value))) > _DIGITS or len(code) != 3 or not code.isascii() or not code.isalpha():
        raise WordsMissing(_("A fee needs an amount and a currency, such as 20.00 EUR."), clause="Art. 12(5)(a) GDPR")
    return str(value), code


def fee_paid(*, case_id: UUID, reference: str, actor: Actor, at: datetime) -> None:
    """Note that the fee was paid, by what reference; the case goes on. Raises NoSuchCase, NotThisKind, WordsMissing."""
    with scope(current_controller()):
        case = steps.locked(case_id)
        if listing.waits_for(case) != "fee" and not ("asked_at" in case.fee and "paid_at" not in case.fee):
            raise NotThisKind(_("No fee is awaited here."), clause=FEE_CLAUSES[case.regime])
        known = "".join(one for one in reference if one.isalnum() or one in "-/ ").strip()[:40]
        if not known:
            raise WordsMissing(_("A payment needs its reference."), clause=FEE_CLAUSES[case.regime])
        Case.objects.filter(id=case.id).update(fee={**case.fee, "paid_at": at.isoformat(), "reference": known})
        # The reference stays with the case: somebody may have written a name, and the record forgets nothing.
        steps.enter(case, "fee_paid", actor=actor, at=at, clause=FEE_CLAUSES[case.regime])
