"""What a person wrote: sealed under the case's own key, opened many at once, masked for lists."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

from mandata.foundation import addresses, canonical
from mandata.rights.models import Case
from mandata.vault.services import Vault

PLACE: Final = "rights_case.sealed"
ANSWER_PLACE: Final = "rights_answer.sealed"
WHY_PLACE: Final = "rights_doubt.why"
PROOF_PLACE: Final = "rights_doubt.proof"
LETTER_PLACE: Final = "rights_letter.sealed"
MAIL_PLACE: Final = "rights_mail.sealed"
TO_PLACE: Final = "rights_transmission.sealed"


@dataclass(frozen=True, slots=True)
class Wrote:
    """What a person wrote in a request; empty once it is erased.

    `post`: a postal address, for answers on paper. `details`: what exactly is asked, in values that may name somebody:
    `to` (the address of another controller), `changes` (fields to be corrected, in the person's words).
    """

    address: str = field(repr=False, default="")
    name: str = field(repr=False, default="")
    words: str = field(repr=False, default="")
    post: str = field(repr=False, default="")
    details: Mapping[str, Any] = field(repr=False, default_factory=dict)


def packed(wrote: Wrote) -> bytes:
    """Return the bytes that are sealed; what is empty is left out."""
    return canonical.dumps({name: value for name, value in asdict(wrote).items() if value})


def wrote(row: Case) -> Wrote:
    """Return what the person wrote in a case, empty once it is erased."""
    return unsealed([row])[row.id]


def unsealed(rows: Sequence[Case]) -> dict[UUID, Wrote]:
    """Open many at once."""
    envelopes = {row.id: bytes(row.sealed) for row in rows if row.sealed}
    opened = Vault.open().unseal_many(PLACE, envelopes) if envelopes else {}
    return {row.id: Wrote(**canonical.loads(opened[row.id])) if row.id in opened else Wrote() for row in rows}


def masked(wrote: Wrote) -> Wrote:
    """Return the same so that nobody is recognised; the words stay."""
    name = " ".join(f"{part[:1]}•••" for part in wrote.name.split())
    return Wrote(mask(wrote.address), name, wrote.words, "•••" if wrote.post else "", {})


def mask(address: str) -> str:
    """Return an address shortened."""
    return addresses.mask(address) if address else ""
