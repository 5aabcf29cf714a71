"""The end of the agreement as the controller sees it: its notice, the timetable, the choice, archives of everything."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.console import ending, requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import returns as selectors
from mandata.retention.services import ends, returns


def page(request: HttpRequest, notice: ending.NoticeForm | None = None, archive: ending.ArchiveForm | None = None,
         refusal: Refused | None = None) -> HttpResponse:  # fmt: skip
    """Show where the agreement stands with its end, what follows when, and the archives."""
    context = ending.page(now()) | {
        "notice": notice or ending.NoticeForm(),
        "choice": ending.ChoiceForm(),
        "archive_form": archive or ending.ArchiveForm(initial={"how": "account"}),
        "writing": archive is not None,
        "refusal": refusal,
        "may_act": request.may("privacy:ending_notice"),  # type: ignore[attr-defined]
    }
    bad = (notice or archive) is not None
    return render(request, "console/privacy/ending.html", context, status=422 if bad else 200)


def give(request: HttpRequest) -> HttpResponse:
    """Give notice of the end: by a day to come, or at once."""
    form = ending.NoticeForm(request.POST)
    card = accounts.controller()
    if not form.is_valid():
        return page(request, notice=form)
    given = form.cleaned_data
    if given["effective"] is None and not rules.confirmed(card.name, given["typed"]):
        form.add_error("typed", _("Type %(name)s, or name a day.") % {"name": card.name})
        return page(request, notice=form)
    ends.give_notice(
        by="controller",
        reason=given["reason"],
        words=given["words"],
        effective=ending.at_end_of(given["effective"], card.time_zone),
        choice=given["choice"],
        actor=requests.actor(request),
        at=now(),
    )
    messages.success(request, _("Notice is given, and the processor told. The timetable below is the agreement's own."))
    return redirect("privacy:ending")


def withdraw(request: HttpRequest) -> HttpResponse:
    """Withdraw a notice that has not taken effect."""
    ends.withdraw(actor=requests.actor(request), at=now())
    messages.success(request, _("Withdrawn: the agreement goes on."))
    return redirect("privacy:ending")


def choose(request: HttpRequest) -> HttpResponse:
    """Say what is to become of the data."""
    form = ending.ChoiceForm(request.POST)
    if form.is_valid():
        ends.choose(choice=form.cleaned_data["choice"], actor=requests.actor(request), at=now())
        messages.success(request, _("Your choice is recorded."))
    else:
        messages.error(request, _("Fill in what is asked for; nothing has happened."))
    return redirect("privacy:ending")


def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an archive of everything."""
    form = ending.ArchiveForm(request.POST)
    if not form.is_valid():
        return page(request, archive=form)
    try:
        returns.ask(receiver=form.receiver(), to=form.destination(), actor=requests.actor(request), at=now())
    except Refused as refused:
        return page(request, archive=form, refusal=refused)
    messages.success(request, _("It is being made; you may leave this page."))
    return redirect(f"{reverse('privacy:ending')}#archives")


def progress(request: HttpRequest, return_id: UUID) -> HttpResponse:
    """Give an archive's bar anew; once it is made, the whole page is asked for."""
    row = selectors.one(return_id)
    if not row.is_working:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    shown = ending.archive(row)
    poll = reverse("privacy:return_progress", args=[row.id])
    return render(request, "components/work.html", {"id": f"work-{row.number}", "work": shown["work"], "poll": poll})


def fetch(request: HttpRequest, return_id: UUID) -> HttpResponseBase:
    """Hand an archive over; that it was is recorded."""
    found = returns.fetch(return_id=return_id, actor=requests.actor(request), at=now())
    requests.counted(request, found.people)
    answer = StreamingHttpResponse(found.pieces, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["Content-Length"] = str(found.size)
    return answer


def key_file(_request: HttpRequest, return_id: UUID) -> HttpResponse:
    """Give the key file of an archive that was made for a passphrase."""
    answer = HttpResponse(returns.identity(return_id), content_type="application/octet-stream")
    answer["Content-Disposition"] = 'attachment; filename="identity.age"'
    return answer
