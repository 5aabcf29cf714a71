"""Accounts of people."""

from collections.abc import Sequence
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from mandata.accounts import selectors
from mandata.accounts.errors import AddressTaken
from mandata.accounts.models import Seat, User


def create(
    *,
    email: str,
    name: str,
    password: str | None,
    language: str = "en",
    is_operator: bool = False,
    verified: bool = False,
) -> UUID:
    """Make a person's account and return its id. `verified`: the address is proven, by an invitation or on the spot.

    Raises AddressTaken where there is one already (addresses are compared without regard to case).
    """
    if selectors.user_by_email(email) is not None:
        raise AddressTaken("There is an account with this address.", remedy="Log in with it.")
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name.strip(), language=language, is_operator=is_operator)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    return user.id


def set_language(*, user_id: UUID, language: str) -> None:
    """Keep the language in which a person reads the console and gets notices."""
    User.objects.filter(id=user_id).update(language=language)


def rename(*, user_id: UUID, name: str) -> None:
    """Keep a person's name as corrected (SVC-1: data kept current)."""
    User.objects.filter(id=user_id).update(name=name.strip())


def forget(user_ids: Sequence[UUID]) -> int:
    """Delete the accounts of people who have no seat anywhere any more and are none of the operator's; return how many.

    Their addresses, second factors and open sessions go with them.
    """
    seated = Seat.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True)
    gone = User.objects.filter(id__in=user_ids, is_operator=False).exclude(id__in=list(seated))
    count = gone.count()
    gone.delete()
    return count
