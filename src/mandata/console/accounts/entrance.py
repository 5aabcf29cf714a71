"""How people come in: a new account, an invitation, the choice of a controller."""

from uuid import UUID

from allauth.account.internal.flows.signup import complete_signup
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.accounts import selectors, services
from mandata.accounts.errors import InvitationGone
from mandata.console import requests
from mandata.console.accounts.forms import AccountForm, JoinForm
from mandata.console.context import ROLES
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


def register(request: HttpRequest) -> HttpResponse:
    """Make an account (SVC-1): name, own address (proven by a code), password; the controller follows."""
    if request.user.is_authenticated:
        return redirect("accounts:register_controller")
    if request.method == "POST" and not ratelimit.consume(request, action="signup"):
        raise Refused(
            _("Too many registrations came from your network."),
            code="accounts.too_many",
            status=429,
            remedy=_("Wait a minute and try again."),
        )
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user_id = services.users.create(
            email=form.cleaned_data["email"],
            name=form.cleaned_data["person"],
            password=form.cleaned_data["password"],
            language=get_language() or "en",
        )
        return _begin(request, user_id, reverse("accounts:register_controller"))
    return render(request, "console/accounts/register.html", {"form": form}, status=422 if form.is_bound else 200)


def _begin(request: HttpRequest, user_id: UUID, then: str) -> HttpResponse:
    """Log a new person in; allauth asks for the code first where the address is not proven yet."""
    answer: HttpResponse = complete_signup(request, user=selectors.user(user_id), redirect_url=then)
    return answer


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and accept it: with the account of the invited address, or a new one (SVC-2, PPL-3)."""
    invited = selectors.invitation(token, at=now())
    if invited is None:
        return render(request, "console/accounts/invitation.html", {"invited": None}, status=404)
    existing = selectors.user_by_email(invited.email) is not None
    form = None if existing else JoinForm(request.POST or None, initial={"person": invited.name}, email=invited.email)
    context = {"invited": invited, "role": ROLES[invited.role], "existing": existing, "form": form, "refusal": None}
    if request.method == "POST":
        answer = _accept(request, token, invited, form)
        if isinstance(answer, HttpResponse):
            return answer
        context["refusal"] = answer
    elif request.user.is_authenticated and not selectors.user_has_address(requests.user_id(request), invited.email):
        context["refusal"] = _other_person()
    return render(request, "console/accounts/invitation.html", context, status=422 if request.method == "POST" else 200)


def _accept(
    request: HttpRequest, token: str, invited: selectors.Invited, form: JoinForm | None
) -> HttpResponse | Refused | None:
    at = now()
    try:
        if form is None:
            if not request.user.is_authenticated:
                return redirect(f"{reverse('account_login')}?next={request.path}")
            controller_id = services.members.join(token=token, user_id=requests.user_id(request), at=at)
            return enter(request, controller_id)
        if not form.is_valid():
            return None
        user_id = services.members.join_anew(
            token=token,
            name=form.cleaned_data["person"],
            password=form.cleaned_data["password"],
            language=get_language() or "en",
            at=at,
        )
    except InvitationGone:
        return render(request, "console/accounts/invitation.html", {"invited": None}, status=404)
    except Refused as refusal:
        return refusal
    requests.choose(request, invited.controller_id)
    return _begin(request, user_id, "/")


def _other_person() -> Refused:
    return Refused(
        _("This invitation was made out to another address."),
        clause=_("Invitations name their person (PPL-3)"),
        remedy=_("Log out and log in with the invited address, or ask for an invitation to yours."),
    )


def choose(request: HttpRequest) -> HttpResponse:
    """Choose the controller to work for; the session remembers it."""
    found = selectors.choices(requests.user_id(request))
    if request.method == "POST":
        wanted = request.POST.get("controller", "")
        if any(str(one.id) == wanted for one in found):
            return enter(request, UUID(wanted), request.POST.get("next", ""))
        return redirect("accounts:choose")
    if not found and request.user.is_operator:  # type: ignore[union-attr]
        return redirect("operator:overview")
    names = {"suspended": _("suspended"), "ended": _("ended")}
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "state": one.state,
            "state_name": names.get(one.state, ""),
            "role_name": ROLES[one.role],
        }
        for one in found
    ]
    return render(request, "console/accounts/choose.html", {"choices": rows, "next": request.GET.get("next", "")})


def enter(request: HttpRequest, controller_id: UUID, then: str = "") -> HttpResponse:
    """Keep the chosen controller in the session and go on."""
    requests.choose(request, controller_id)
    safe = url_has_allowed_host_and_scheme(then, allowed_hosts=None) and then.startswith("/")
    return HttpResponseRedirect(then if safe else settings.LOGIN_REDIRECT_URL)
