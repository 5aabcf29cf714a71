"""Which columns hold people in clear: members, contacts, the operator's staff. Nobody else is in clear anywhere.

A test plants recognisable people in each of them and reads every column of the database as its superuser: what it
finds must be exactly this.
"""

from typing import Final

OWN: Final = "own"
"""Under this key stands what the operator holds as a controller of its own (`holdings.own`), in no holding."""

CLEAR: Final[dict[str, tuple[str, ...]]] = {
    "members": (
        "accounts_user.email",
        "accounts_user.name",
        "accounts_invitation.email",
        "accounts_invitation.name",
    ),
    OWN: (
        "account_emailaddress.email",
        "accounts_commitment.evidence",
    ),
    "staff_accesses": (
        "accounts_staffaccess.reason",
        "accounts_staffaccess.ticket",
    ),
    "contacts": (
        "accounts_controller.name",
        "accounts_controller.legal_name",
        "accounts_controller.postal_address",
        "accounts_controller.contact",
        "accounts_controller.privacy_contact",
        "accounts_noticeaddress.address",
        "accounts_noticeaddress.name",
        "agreements_agreement.text",
        "agreements_instruction.words",
        "agreements_instruction.scope",
        "agreements_instruction.concern",
        "agreements_instruction.reason",
        "agreements_served.evidence",
        "agreements_suspension.reason",
        "agreements_upstream.name",
        "agreements_upstream.contact",
        "subprocessors_objection.words",
        "subprocessors_objection.outcome",
        "subprocessors_disclosure.recipient",
        "subprocessors_disclosure.what",
        "subprocessors_disclosure.ground",
        "campaigns_campaign.sender_name",
        "campaigns_campaign.sender_address",
        "campaigns_campaign.reply_to",
        "campaigns_campaign.name",
        "campaigns_campaign.subject",
        "campaigns_campaign.preheader",
        "campaigns_campaign.body",
        "campaigns_campaign.compiled",
    ),
}
"""Key of a holding -> table.column of what it holds in clear, in people's own words or about people."""


def columns() -> frozenset[str]:
    """Return every column that holds people in clear."""
    return frozenset(column for columns in CLEAR.values() for column in columns)
