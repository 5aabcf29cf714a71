"""What views read from a request: the member who acts, the network it came from."""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from mandata.accounts.selectors import Membership
from mandata.agreements.rules import evidence
from mandata.foundation.actors import Actor
from mandata.infra.environment import env

SESSION_KEY = "controller"


def member(request: HttpRequest) -> Membership:
    """Return the member who acts; only for views that the permission table gives to roles."""
    return cast(Membership, request.member)  # type: ignore[attr-defined]


def actor(request: HttpRequest) -> Actor:
    """Return the acting member as the record names it."""
    return Actor("member", member(request).member_id)


def operator(request: HttpRequest) -> Actor:
    """Return the acting person of the operator as the record names it."""
    return Actor("operator", user_id(request))


def user_id(request: HttpRequest) -> UUID:
    """Return the id of the person who is logged in."""
    return cast(UUID, request.user.pk)


def choose(request: HttpRequest, controller_id: UUID) -> None:
    """Keep in the session for which controller this person works now."""
    request.session[SESSION_KEY] = str(controller_id)


def network(request: HttpRequest) -> str:
    """Return the network that the request came from, as rough as evidence allows."""
    return evidence.network(str(request.META.get("REMOTE_ADDR", "")))


def agent(request: HttpRequest) -> str:
    """Return the browser's family, as evidence."""
    return evidence.agent(request.headers.get("User-Agent", ""))


def counted(request: HttpRequest, people: int) -> None:
    """Say how many people's data this answer shows, for the log of accesses."""
    request.people = people  # type: ignore[attr-defined]


def absolute(route: str, **arguments: object) -> str:
    """Return the address of a page as it stands in a mail."""
    return env().public_url.rstrip("/") + reverse(route, kwargs=arguments)


def link_to(route: str, argument: str) -> Callable[[str], str]:
    """Return the function from a token to the address of its page, for services that write mails."""
    return lambda token: absolute(route, **{argument: token})
