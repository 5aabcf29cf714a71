"""What the operator holds as a controller of its own, apart from what it processes for others (CTL-1): its register
(Art. 30(1) GDPR) as data.

No table stands here and in the catalogue of holdings or the register of what is not personal: a test compares them.
What lies outside the system (books, paper) is named, so that the notice to the people is whole.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.holdings.rules import Words

BASES: Final[dict[str, Words]] = {
    "contract": _("performance of the contract (Art. 6(1)(b) GDPR)"),
    "legal_duty": _("legal duties (Art. 6(1)(c) GDPR)"),
    "legitimate_interest": _("legitimate interests (Art. 6(1)(f) GDPR)"),
    "consent": _("consent, which can be withdrawn at any time (Art. 6(1)(a) GDPR)"),
}
"""On what a purpose rests."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One purpose for which the operator processes data of its own.

    `tables`: of this database; `elsewhere`: where else it lies. `bases`: codes of `BASES`, each with what it is for in
    `interest` where it is a legitimate one.
    """

    key: str
    name: Words
    purpose: Words
    subjects: Words
    categories: Words
    bases: tuple[str, ...]
    period: Words
    recipients: Words
    source: Words
    interest: Words = ""
    tables: tuple[str, ...] = ()
    elsewhere: Words = ""
    refusable: bool = False


_ADVISERS: Final = _(
    "suppliers of servers, mail and archives; legal, tax and economic advisers; authorities where the law says so"
)
_PARTNERS: Final = _("customers and partners, and their contact persons")

ACTIVITIES: Final = (
    Activity(
        key="login",
        name=_("Log-in and security"),
        purpose=_("to let people into their accounts, and nobody else"),
        subjects=_("people who log in"),
        categories=_("e-mail address, confirmations of it, second factors, open sessions with network and browser"),
        bases=("contract", "legitimate_interest"),
        interest=_("the security of the service"),
        period=_("as long as the account; sessions go when they have run out"),
        recipients=_("nobody"),
        source=_("the person"),
        tables=(
            "account_emailaddress",
            "account_emailconfirmation",
            "mfa_authenticator",
            "usersessions_usersession",
            "django_session",
        ),
    ),
    Activity(
        key="contracts",
        name=_("Contracts"),
        purpose=_("to conclude and perform contracts, to record them, to make and defend claims"),
        subjects=_PARTNERS,
        categories=_(
            "name, place of business, identification and tax numbers, account number, contact details, what "
            "was agreed, communication"
        ),
        bases=("contract", "legitimate_interest"),
        interest=_("the defence of legal claims"),
        period=_("10 years after the end of the contract"),
        recipients=_ADVISERS,
        source=_("the partner; in justified cases, such as the recovery of debts, open sources"),
        elsewhere=_("filing cabinets with signed contracts, the mailbox of the office"),
    ),
    Activity(
        key="billing",
        name=_("Invoices and payments"),
        purpose=_("to charge, to keep books, to pay taxes"),
        subjects=_PARTNERS,
        categories=_("name, address, identification and tax numbers, account number, invoiced and owed amounts"),
        bases=("contract", "legal_duty"),
        period=_("10 years after the end of the contract; longer where tax law says so"),
        recipients=_ADVISERS,
        source=_("the partner, the bank"),
        elsewhere=_("the books"),
    ),
    Activity(
        key="marketing",
        name=_("Offers to customers' contacts"),
        purpose=_("to offer services like those that were bought"),
        subjects=_PARTNERS,
        categories=_("name, e-mail address, telephone number, what was bought"),
        bases=("legitimate_interest", "consent"),
        interest=_("direct marketing to one's own customers"),
        period=_("until they are refused; then the least that keeps them from being sent again"),
        recipients=_("suppliers of mail"),
        source=_("the partner; of entrepreneurs to whom services are to be offered, open sources"),
        elsewhere=_("the list of customers"),
        refusable=True,
    ),
    Activity(
        key="analytics",
        name=_("Statistics of the service"),
        purpose=_("to see how the service is used, and to improve it"),
        subjects=_("people who log in"),
        categories=_("counts without persons: messages, log-ins, errors"),
        bases=("legitimate_interest",),
        interest=_("a service that works"),
        period=_("as counts, without an end; no person is in them"),
        recipients=_("nobody"),
        source=_("the running service"),
        elsewhere=_("metrics of the installation"),
        refusable=True,
    ),
    Activity(
        key="staff",
        name=_("The operator's own staff"),
        purpose=_("to bind people to confidentiality, to train them, to check their work"),
        subjects=_("the operator's staff"),
        categories=_("commitments and trainings with their dates and evidence"),
        bases=("contract", "legal_duty"),
        period=_("as long as the employment, and 3 years after it"),
        recipients=_("controllers whose data was accessed; auditors"),
        source=_("the person"),
        tables=("accounts_commitment",),
        elsewhere=_("personnel files"),
    ),
    Activity(
        key="requests",
        name=_("Requests about this data"),
        purpose=_("to answer people who use their rights, and to prove it"),
        subjects=_("people who ask"),
        categories=_("who asked for what, when, and the answer, sealed"),
        bases=("legal_duty",),
        period=_("3 years after the answer"),
        recipients=_("the authority, where somebody complains"),
        source=_("the person"),
        tables=("retention_owncase",),
    ),
)


def tables() -> dict[str, str]:
    """Return every table of the operator's own data -> the key of its activity."""
    return {table: one.key for one in ACTIVITIES for table in one.tables}
