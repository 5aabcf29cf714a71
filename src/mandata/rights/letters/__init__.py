"""What the rights desk writes to people: texts in the person's language, in the controller's name. No address, no
markup.
"""

from mandata.rights.letters.answering import (
    address_changed,
    copy_ready,
    corrected,
    erased,
    lifted,
    nothing_held,
    of_household,
    opted_out,
    refusal,
    replied,
    restricted,
    stopped,
    transmitted,
)
from mandata.rights.letters.asking import (
    acknowledgement,
    already_done,
    confirmation,
    extended,
    fee,
    proof,
    to_controller,
    unconfirmed,
    unconfirmed_to_controller,
)
from mandata.rights.letters.parts import Letter, complaint, day, link
from mandata.rights.letters.wording import asked, matter, reason_words

__all__ = [
    "Letter",
    "acknowledgement",
    "address_changed",
    "already_done",
    "asked",
    "complaint",
    "confirmation",
    "copy_ready",
    "corrected",
    "day",
    "erased",
    "extended",
    "fee",
    "lifted",
    "link",
    "matter",
    "nothing_held",
    "of_household",
    "opted_out",
    "proof",
    "reason_words",
    "refusal",
    "replied",
    "restricted",
    "stopped",
    "to_controller",
    "transmitted",
    "unconfirmed",
    "unconfirmed_to_controller",
]
