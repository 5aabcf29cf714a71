"""One request: its clock, its timeline, what an answer would touch, and every step an officer can take."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mandata.accounts import selectors as accounts
from mandata.audience import selectors as audience
from mandata.console.privacy import words
from mandata.console.privacy.case_forms import Answer, Fee, Paid, Person, Reason, Receiver, Refusal, Sorting
from mandata.console.privacy.holdings import tasks_of
from mandata.console.privacy.requests import row_of
from mandata.console.requests import actor
from mandata.foundation.errors import Refused
from mandata.holdings import selectors as holdings
from mandata.infra.clock import now
from mandata.rights import rules, selectors, services

Verb = Callable[[HttpRequest, UUID, dict[str, Any]], str]


def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case: its clocks, its timeline, what an erasure would touch; the person stays sealed."""
    return render(request, "console/privacy/case.html", _context(case_id))


def _context(case_id: UUID, **more: Any) -> dict[str, Any]:
    view = selectors.case(case_id, at=now())
    row, kind = view.row, rules.kind(view.row.kind)
    erasure = holdings.erasure_of_case(case_id)
    open_ = row.state in rules.OPEN
    people = {member.id: member.name for member in accounts.members()}
    return {
        **row_of(row),
        "view": view,
        "way": str(kind.way),
        "does": words.DOES.get(str(kind.way), ""),
        "steps": [_step(step, people) for step in view.steps],
        "channel": words.CHANNELS.get(row.channel, row.channel),
        "asked": _asked(view),
        "may": _may(view, kind),
        "held": services.preview(case_id=case_id) if open_ else [],
        "certificate": holdings.certificate(erasure.id) if erasure else None,
        "tasks": tasks_of(case_id),
        "members": [row_of(one) for one in view.members],
        "transmissions": [(one, *words.TRANSMITTED[one.state]) for one in view.transmissions],
        "letters": [(one, words.LETTERS.get(one.kind, one.kind)) for one in view.letters],
        "doubt": next((one for one in view.doubts if one.decided_at is None), None),
        "doubts": [one for one in view.doubts if one.decided_at is not None],
        **_forms(row.kind, row.regime),
        **more,
    }


def _may(view: selectors.CaseView, kind: rules.Kind) -> dict[str, bool]:
    row = view.row
    open_, waits = row.state in rules.OPEN, row.waits
    unsorted = kind.way is rules.Way.SORT
    return {
        "confirm": rules.may_confirm(row.state) and not waits,
        "answer": rules.may_answer(row.state) and not waits and not unsorted,
        "refuse": rules.may_refuse(row.state) and bool(kind.reasons),
        "sort": open_ and unsorted,
        "doubt": open_ and not waits and kind.verified,
        "extend": open_ and kind.duty == rules.ANSWER and row.household is None,
        "fee": open_ and not view.fee and bool(rules.EXCESSIVE & set(kind.reasons)),
        "lift": view.restricted_at is not None and view.lifted_at is None,
        "identify": open_ and not row.known and not row.address,
        "transmit": row.kind == "portability" and view.answer_expires_at is not None,
        "copy": view.answer_expires_at is not None and rules.on_paper(row.channel),
        "paid": waits == "fee",
    }


def _asked(view: selectors.CaseView) -> list[tuple[str, str]]:
    """What exactly is asked, in words."""
    asked, found = view.row.asked, []
    if "scope" in asked:
        found.append((_("Objects to"), str(words.SCOPES[asked["scope"]])))
        found.append((_("Channels"), ", ".join(str(words.OBJECTED[one]) for one in asked.get("channels", ()))))
    if asked.get("lists"):
        names = {str(one.id): one.name for one in audience.lists()}
        found.append((_("Types of messages"), ", ".join(names.get(one, "–") for one in asked["lists"])))
    if view.row.kind == "restriction":
        found.append((_("Because"), str(words.RESTRICTED[asked.get("ground", "accuracy")])))
    if "what" in asked:
        found.append((_("The household wants"), str(words.HOUSEHOLD[asked["what"]])))
    if view.to:
        found.append((_("Also to be sent to"), view.to))
    return found


def _forms(kind: str, regime: str) -> dict[str, forms.Form]:
    return {
        "answer_form": Answer(kind=kind, prefix="answer"),
        "refusal_form": Refusal(kind=kind, prefix="refusal"),
        "sorting_form": Sorting(us=regime == rules.US, prefix="sort"),
        "doubt_form": Reason(prefix="doubt"),
        "extend_form": Reason(prefix="extend"),
        "lift_form": Reason(prefix="lift"),
        "fee_form": Fee(prefix="fee"),
        "paid_form": Paid(prefix="paid"),
        "person_form": Person(prefix="identify"),
        "receiver_form": Receiver(prefix="transmit"),
    }


def _step(step: selectors.Step, people: dict[UUID, str]) -> dict[str, Any]:
    title, icon, tone = words.STEPS.get(step.kind, (step.kind, "dots", "calm"))
    return {"at": step.at, "title": title, "icon": icon, "tone": tone, "who": _who(step.actor, people)}


def _who(actor: str, people: dict[UUID, str]) -> str:
    kind, _colon, reference = actor.partition(":")
    if kind == "member" and reference:
        return people.get(UUID(reference), _("a former member"))
    return str(words.ACTORS.get(kind, actor))


def reveal(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show who asks: a deliberate act, entered in the record."""
    services.show(case_id=case_id, actor=actor(request), at=now())
    view = selectors.case(case_id, at=now(), sealed=False)
    return render(request, "console/privacy/person_part.html", {"view": view})


def confirm(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Confirm a case whose person the officer knows by other means."""
    services.confirm_by_hand(case_id=case_id, actor=actor(request), at=now())
    return redirect("privacy:case", case_id=case_id)


def answer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Carry the request out and tell the person; errors keep what was typed."""
    view = selectors.case(case_id, at=now())
    form = Answer(request.POST, kind=view.row.kind, prefix="answer")
    if form.is_valid():
        try:
            services.answer(case_id=case_id, actor=actor(request), at=now(), **form.given)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, _("Answered. The person is told by the way the request came."))
            return redirect("privacy:case", case_id=case_id)
    return render(request, "console/privacy/case.html", _context(case_id, answer_form=form), status=422)


def refuse(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Refuse the request with a reason and tell the person."""
    view = selectors.case(case_id, at=now())
    form = Refusal(request.POST, kind=view.row.kind, prefix="refusal")
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.refuse(
                case_id=case_id, reason=given["reason"], words=given["words"], actor=actor(request), at=now()
            )
        except Refused as refusal:
            if refusal.status != 422:
                raise
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, _("Refused. The person is told the reason and where to complain."))
            return redirect("privacy:case", case_id=case_id)
    return render(request, "console/privacy/case.html", _context(case_id, refusal_form=form), status=422)


def _sort(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    services.sort(case_id=case_id, kind=given["kind"], asked=given["asked"], actor=actor(request), at=now())
    return _("It is said what is asked.")


def _doubt(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    services.doubt(case_id=case_id, why=given["reason"], actor=actor(request), at=now())
    return _("The person is asked for a proof, with your reasons.")


def _extend(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    services.extend(case_id=case_id, reason=given["reason"], actor=actor(request), at=now())
    return _("More time is taken; the person is told why.")


def _lift(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    services.lift(case_id=case_id, words=given["reason"], actor=actor(request), at=now())
    return _("The restriction is lifted; the person was told before.")


def _accept(request: HttpRequest, case_id: UUID, _given: dict[str, Any]) -> str:
    services.settle(case_id=case_id, accepted=True, actor=actor(request), at=now())
    return _("Accepted. The proof is deleted.")


def _reject(request: HttpRequest, case_id: UUID, _given: dict[str, Any]) -> str:
    services.settle(case_id=case_id, accepted=False, actor=actor(request), at=now())
    return _("Not accepted. The proof is deleted, the request is refused, the person is told.")


def _fee(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    reasons = rules.refusal_reasons(selectors.case(case_id, at=now()).row.kind)
    reason = next((one for one in reasons if one in rules.EXCESSIVE), "")
    services.ask_fee(
        case_id=case_id,
        amount=given["amount"],
        currency=given["currency"],
        reason=reason,
        words=given["words"],
        actor=actor(request),
        at=now(),
    )
    return _("The fee is stated; the request waits for its payment.")


def _paid(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    services.fee_paid(case_id=case_id, reference=given["reference"], actor=actor(request), at=now())
    return _("The payment is noted; the request goes on.")


def _identify(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    known = services.identify(case_id=case_id, address=given["address"], actor=actor(request), at=now())
    return _("Somebody with this address is in your audience.") if known else _("Nobody has this address here.")


def _transmit(request: HttpRequest, case_id: UUID, given: dict[str, Any]) -> str:
    services.transmit(case_id=case_id, address=given["to"], actor=actor(request), at=now())
    return _("The copy is on its way to the other controller.")


def _handed(request: HttpRequest, _case_id: UUID, given: dict[str, Any]) -> str:
    services.handed_over(letter_id=given["letter"], actor=actor(request), at=now())
    return _("Noted that the letter was handed over.")


class _Letter(forms.Form):
    letter = forms.UUIDField()


class _Nothing(forms.Form):
    pass


_VERBS: dict[str, tuple[type[forms.Form], Verb]] = {
    "sort": (Sorting, _sort),
    "doubt": (Reason, _doubt),
    "extend": (Reason, _extend),
    "lift": (Reason, _lift),
    "accept": (_Nothing, _accept),
    "reject": (_Nothing, _reject),
    "fee": (Fee, _fee),
    "paid": (Paid, _paid),
    "identify": (Person, _identify),
    "transmit": (Receiver, _transmit),
    "handed": (_Letter, _handed),
}


_SHOWN = {
    "sort": "sorting_form",
    "doubt": "doubt_form",
    "extend": "extend_form",
    "lift": "lift_form",
    "fee": "fee_form",
    "paid": "paid_form",
    "identify": "person_form",
    "transmit": "receiver_form",
}
"""In which dialog of the page what was typed stays when a step is not taken."""


@require_POST
def step(request: HttpRequest, case_id: UUID, move: str) -> HttpResponse:
    """Take a step of a case; what is refused says why and what mends it, and keeps what was typed."""
    if move not in _VERBS:
        raise Http404
    form = _bound(request, case_id, move)
    said = _("Something is missing. Fill in what the step asks for.")
    if form.is_valid():
        given = form.cleaned_data | ({"asked": form.asked} if isinstance(form, Sorting) else {})
        try:
            messages.success(request, _VERBS[move][1](request, case_id, given))
            return redirect("privacy:case", case_id=case_id)
        except Refused as refusal:
            if refusal.status == 404:
                raise
            said = f"{refusal.message} {refusal.remedy}"
            form.add_error(None, said)
    context = _context(case_id, **({_SHOWN[move]: form} if move in _SHOWN else {}))
    if move in _SHOWN and context["may"].get(move):
        return render(request, "console/privacy/case.html", context, status=422)
    messages.error(request, said)
    return redirect("privacy:case", case_id=case_id)


def _bound(request: HttpRequest, case_id: UUID, move: str) -> forms.Form:
    kind = _VERBS[move][0]
    if kind is Sorting:
        us = selectors.case(case_id, at=now()).row.regime == rules.US
        return Sorting(request.POST, us=us, prefix=move)
    return kind(request.POST, prefix=move if kind is not _Letter else None)


@require_POST
def file(request: HttpRequest, case_id: UUID, what: str) -> HttpResponse:
    """Hand out the copy, the proof, the mail or a letter of a case: deliberate acts, entered in the record."""
    at, by = now(), actor(request)
    if what == "copy":
        copy = services.take(case_id=case_id, actor=by, at=at)
        return _download(copy.name, copy.content, "application/zip")
    if what == "proof":
        media, content = services.look(case_id=case_id, actor=by, at=at)
        return _download(f"proof.{media.rpartition('/')[2]}", content, media)
    if what == "mail":
        services.show(case_id=case_id, actor=by, at=at)
        return _download("request.eml", services.original(case_id), "application/octet-stream")
    form = _Letter(request.POST)
    if what != "letter" or not form.is_valid():
        raise Http404
    name, content = services.printed(letter_id=form.cleaned_data["letter"], actor=by, at=at)
    return _download(name, content, "application/pdf")


def _download(name: str, content: bytes, media: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store, private",
    }
    return HttpResponse(content, content_type=media, headers=headers)
