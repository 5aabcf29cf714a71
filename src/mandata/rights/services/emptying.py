"""Emptying cases of what people wrote, when they are erased or never confirmed."""

from collections.abc import Collection
from uuid import UUID

from mandata.accounts import personal as accounts
from mandata.rights.models import Case, CaseEvent
from mandata.vault import personal as vault


def empty(case_ids: Collection[UUID], *, but_mails_to: Collection[UUID] = ()) -> int:
    """Empty cases of what the person wrote, with their keys and the mails about them; return how many.

    What stays says that a request came, when, and how it was answered. `but_mails_to`: mails addressed to these data
    subjects are left to the holding of notices, which counts them as its own.
    """
    ids = list(case_ids)
    notices = CaseEvent.objects.filter(case_id__in=ids).values_list("detail", flat=True)
    mails = [UUID(detail["notice"]) for detail in notices if "notice" in detail]
    accounts.forget(accounts.not_to(but_mails_to, mails) if but_mails_to else mails)
    vault.destroy(*ids)
    return Case.objects.filter(id__in=ids).update(sealed=b"", email_index=None)
