"""Members and settings of a controller; a person's own log-in."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.i18n import set_language

from mandata.accounts import selectors, services
from mandata.console import requests
from mandata.console.accounts.forms import InviteForm, NameForm, RoleForm, SettingsForm
from mandata.console.context import ROLES
from mandata.infra.clock import now


def members(request: HttpRequest) -> HttpResponse:
    """List members and open invitations."""
    may = request.may  # type: ignore[attr-defined]
    here = requests.member(request)
    people = [
        {
            **asdict(person),
            "role_name": ROLES[person.role],
            "dialog": f"suspend-{person.id}",
            "suspend_title": _("Suspend %(name)s?") % {"name": person.name or person.email},
        }
        for person in selectors.members()
    ]
    invited = [{**asdict(one), "role_name": ROLES[one.role]} for one in selectors.invitations(at=now())]
    context = {
        "people": people,
        "invitations": invited,
        "me": here.member_id,
        "roles": list(ROLES.items()),
        "may": {"invite": may("accounts:invite"), "role": may("accounts:role")},
    }
    return render(request, "console/accounts/members.html", context)


def invite(request: HttpRequest) -> HttpResponse:
    """Invite a person by name and address (SVC-2, PPL-3)."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.members.invite(
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            role=form.cleaned_data["role"],
            invited_by=requests.member(request).member_id,
            at=now(),
            link=requests.link_to("accounts:invitation", "token"),
            language=get_language() or "en",
        )
        messages.success(request, _("The invitation is on its way."))
        return redirect("accounts:members")
    return render(request, "console/accounts/invite.html", {"form": form}, status=422 if form.is_bound else 200)


def revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    services.members.revoke(invitation_id=invitation_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The invitation is taken back; its link opens nothing any more."))
    return redirect("accounts:members")


def role(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    if form.is_valid():
        services.members.change_role(
            member_id=member_id, role=form.cleaned_data["role"], actor=requests.actor(request), at=now()
        )
        messages.success(request, _("The role is changed."))
    return redirect("accounts:members")


def suspend(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Close a member's seat."""
    services.members.suspend(member_id=member_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The seat is closed."))
    return redirect("accounts:members")


def restore(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Open a suspended seat again."""
    services.members.restore(member_id=member_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The seat is open again."))
    return redirect("accounts:members")


def settings(request: HttpRequest) -> HttpResponse:
    """Show the controller's details; owners keep them current (SVC-1)."""
    known = asdict(selectors.controller())
    form = SettingsForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        services.controllers.correct(actor=requests.actor(request), at=now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("accounts:settings")
    context = {"form": form, "may": {"change": requests.member(request).role == "owner"}}
    return render(request, "console/accounts/settings.html", context, status=422 if form.is_bound else 200)


def security(request: HttpRequest) -> HttpResponse:
    """Show a person's own log-in: name, address, password, factors, sessions; a POST corrects the name."""
    form = NameForm(request.POST or None, initial={"name": request.user.name})  # type: ignore[union-attr]
    if request.method == "POST" and form.is_valid():
        services.users.rename(user_id=requests.user_id(request), name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("accounts:security")
    own = selectors.user(requests.user_id(request))
    context = {"form": form, "has_password": own.has_usable_password(), **_factors(own.id)}
    return render(request, "console/accounts/security.html", context, status=422 if form.is_bound else 200)


def _factors(user_id: UUID) -> dict[str, Any]:
    known = list(Authenticator.objects.filter(user_id=user_id))
    kinds = [one.type for one in known]
    codes = next((one for one in known if one.type == Authenticator.Type.RECOVERY_CODES), None)
    keys = kinds.count(Authenticator.Type.WEBAUTHN)
    totp = Authenticator.Type.TOTP in kinds
    left = None if codes is None else len(codes.wrap().get_unused_codes())
    return {"keys": keys, "totp": totp, "codes": left, "protected": bool(keys or totp)}


def language(request: HttpRequest) -> HttpResponse:
    """Keep the language a person chose: in a cookie, and with the account of who is logged in."""
    answer: HttpResponse = set_language(request)
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in {"en", "cs"}:
        services.users.set_language(user_id=requests.user_id(request), language=chosen)
    return answer
