"""Emptying cases of what people wrote, when they are erased, never confirmed, or no longer archived."""

from collections.abc import Collection
from uuid import UUID

from mandata.accounts import personal as accounts
from mandata.rights.models import Answer, Case, CaseEvent, Doubt, Letter, Mail, Transmission
from mandata.vault import personal as vault


def empty(case_ids: Collection[UUID], *, but_mails_to: Collection[UUID] = ()) -> int:
    """Empty cases of what the person wrote, with their keys, letters, mails and proofs; return how many.

    What stays says that a request came, when, and how it was answered. `but_mails_to`: mails addressed to these data
    subjects are left to the holding of notices, which counts them as its own. A letter that tells of an erasure stays
    until it is handed over.
    """
    ids = list(case_ids)
    notices = CaseEvent.objects.filter(case_id__in=ids).values_list("detail", flat=True)
    mails = [UUID(detail["notice"]) for detail in notices if "notice" in detail]
    accounts.forget(accounts.not_to(but_mails_to, mails) if but_mails_to else mails)
    letters = list(Letter.objects.filter(case_id__in=ids, forget=False).values_list("id", flat=True))
    Letter.objects.filter(id__in=letters).delete()
    Mail.objects.filter(case_id__in=ids).delete()
    Transmission.objects.filter(case_id__in=ids).delete()
    Doubt.objects.filter(case_id__in=ids).update(proof=b"", why=b"")
    Answer.objects.filter(id__in=ids).delete()
    vault.destroy(*ids, *letters)
    return Case.objects.filter(id__in=ids).update(sealed=b"", email_index=None)
