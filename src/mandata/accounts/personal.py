"""What the accounts hold of one person, for `holdings`: notices addressed to a data subject, and members by their
address.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from mandata.accounts.models import Invitation, Member, Notice
from mandata.accounts.services.notices import contents
from mandata.infra import bulk
from mandata.vault.services import Vault


def count_notices(subjects: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many notices to each data subject are kept."""
    return bulk.tally("select subject, count(*) from accounts_notice where subject = any(%b) group by 1", subjects)


def notices(subject: UUID) -> list[dict[str, object]]:
    """Return the notices to the data subject, oldest first."""
    return told(Notice.objects.filter(subject=subject).values_list("id", flat=True))


def told(notice_ids: Collection[UUID]) -> list[dict[str, object]]:
    """Return what these notices said and what became of them, oldest first."""
    rows = Notice.objects.filter(id__in=list(notice_ids)).order_by("created_at", "id")
    found = []
    for row in rows:
        said = contents(row.id)
        fate = {"created_at": row.created_at, "state": row.state, "sent_at": row.sent_at}
        found.append({"to": said["to"], "title": said["subject"], "text": said["text"], **fate})
    return found


def delete_notices(subjects: Sequence[UUID]) -> dict[UUID, int]:
    """Delete the notices to the data subjects with their keys; return how many to each."""
    found: dict[UUID, UUID] = {}
    if subjects:
        found = dict(bulk.execute("select id, subject from accounts_notice where subject = any(%b)", [list(subjects)]))
    if found:
        forget(found)
    return dict(Counter(found.values()))


def forget(notice_ids: Collection[UUID]) -> int:
    """Delete these notices with their keys; return how many. What was queued is not sent any more."""
    ids = list(notice_ids)
    Vault.open().destroy(ids)
    return int(Notice.objects.filter(id__in=ids).delete()[0])


def not_to(subjects: Collection[UUID], notice_ids: Collection[UUID]) -> list[UUID]:
    """Return those of the notices that are not addressed to one of the data subjects."""
    rows = Notice.objects.filter(id__in=notice_ids).exclude(subject__in=list(subjects))
    return list(rows.values_list("id", flat=True))


def count_members(addresses: Sequence[str]) -> dict[str, int]:
    """Return how many memberships and open invitations stand under each address, compared without regard to case."""
    wanted = {address.upper(): address for address in addresses if address}
    if not wanted:
        return {}
    rows = bulk.execute(_MEMBERS, {"wanted": list(wanted)})
    return dict(Counter(wanted[folded] for (folded,) in rows))


_MEMBERS = """
select upper(u.email) from accounts_member m join accounts_user u on u.id = m.user_id
where upper(u.email) = any(%(wanted)b)
union all
select upper(email) from accounts_invitation where upper(email) = any(%(wanted)b)
"""


def members(address: str) -> list[dict[str, object]]:
    """Return the memberships and invitations under an address, compared without regard to case."""
    people = Member.objects.filter(user__email__iexact=address).select_related("user")
    asked = Invitation.objects.filter(email__iexact=address)
    return [
        {"email": one.user.email, "name": one.user.name, "role": one.role, "joined_at": one.joined_at} for one in people
    ] + [{"email": one.email, "name": one.name, "role": one.role, "invited_at": one.created_at} for one in asked]


def has_notice(notice_id: UUID) -> bool:
    """Say whether the notice is one of the controller's."""
    return Notice.objects.filter(id=notice_id).exists()


REACH: Final[Mapping[str, tuple[str, str, str]]] = {
    "notices": ("accounts_notice t", "t.subject", "t.created_at"),
    "members": ("accounts_member t", "t.user_id", "t.joined_at"),
}
"""By holding: rows, person and time of what many people are counted by (`holdings.rules.Reach`)."""
