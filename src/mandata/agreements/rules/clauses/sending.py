"""Clauses on sending: to whom, in whose name, from which domain, with what in it; what is a serious breach."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Counted, Listing, Threshold, Within
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "sending.basis": Spec(
        Listing,
        "sending",
        _("Lawful basis of each recipient"),
        _(
            "A message is sent only to recipients whose data is processed on one of these grounds, declared for each "
            "of them:"
        ),
        ("gate:import", "gate:send"),
        vocabulary=SHARED["basis"],
        serves=("AUDI-2",),
        required=True,
    ),
    "sending.evidence": Spec(
        Choice,
        "sending",
        _("Evidence of the ground"),
        "{value}",
        ("gate:import", "gate:send"),
        vocabulary={
            "required": _(
                "For each recipient the controller keeps evidence of the ground in the service and shows it on demand."
            )
        },
        serves=("AUDI-2",),
    ),
    "sending.excluded": Spec(
        Listing,
        "sending",
        _("Who is not written to"),
        _("Never written to, nor taken in again by an import, is who:"),
        ("gate:import", "gate:send"),
        vocabulary={
            "unsubscribed": _("unsubscribed"),
            "complained": _("complained of spam"),
            "objected": _("objected to the processing"),
            "erased": _("was erased on request"),
        },
        serves=("AUDI-4",),
        required=True,
    ),
    "sending.sender": Spec(
        Listing,
        "sending",
        _("Sender identified"),
        _("Each message identifies its sender openly, by:"),
        ("gate:send",),
        vocabulary={
            "name": _("the name in whose name it is sent"),
            "reply_address": _("a valid address to which a refusal of further messages can be sent"),
        },
        serves=("CAM-2",),
        required=True,
    ),
    "sending.postal": Spec(
        Choice,
        "sending",
        _("Postal address"),
        "{value}",
        ("gate:send",),
        vocabulary={"required": _("Each message states the sender's postal address.")},
        serves=("CAM-2",),
    ),
    "sending.marking": Spec(
        Choice,
        "sending",
        _("Marked as a newsletter"),
        "{value}",
        ("gate:send",),
        vocabulary={
            "newsletter": _(
                "A message that promotes goods or services is clearly and distinctly marked as a newsletter."
            )
        },
        serves=("CAM-2",),
    ),
    "sending.unsubscribe": Spec(
        Listing,
        "sending",
        _("Refusing further messages"),
        _("In each message the recipient can refuse further ones effectively and directly, by:"),
        ("gate:send",),
        vocabulary={
            "link": _("a link to unsubscribe in its text"),
            "one_click": _("the one-click unsubscription of the mail program (RFC 8058)"),
        },
        serves=("CAM-2",),
        required=True,
    ),
    "sending.domain": Spec(
        Choice,
        "sending",
        _("Sending domain"),
        "{value}",
        ("gate:send",),
        vocabulary={
            "verified": _(
                "Messages are sent only from a domain that the controller has verified by setting the DNS records "
                "that the processor shows."
            ),
            "verified_or_shared": _(
                "Messages are sent only from a domain that the controller has verified by setting the DNS records "
                "that the processor shows, or from the processor’s shared domain, under an address there that names "
                "the controller; answers go to the controller."
            ),
        },
        serves=("DLV-1",),
    ),
    "sending.domain_use": Spec(
        Choice,
        "sending",
        _("Use of the domain"),
        "{value}",
        ("text",),
        vocabulary={
            "service_only": _(
                "The processor uses the controller's domain solely to distribute the controller's messages."
            )
        },
        serves=("DLV-1",),
    ),
    "sending.content": Spec(
        Listing,
        "sending",
        _("Forbidden content"),
        _("Messages comply with the law and with this agreement. They contain nothing that:"),
        ("text",),
        vocabulary={
            "crime": _(
                "incites to a breach of legal duties or to a crime, condones a crime or praises its perpetrator"
            ),
            "substances": _("incites to, supports or promotes the abuse of addictive or life-threatening substances"),
            "threats": _("threatens persons or groups with death, harm or damage"),
            "denigration": _("denigrates a nation, its language, a race or ethnic group, or people for their beliefs"),
            "hatred": _("incites hatred of a group of persons, or curtailment of their rights and freedoms"),
            "pornography": _("is pornographic, above all with children, violence or disrespect for people"),
            "minors": _("gives persons under eighteen access to pornography"),
            "defamation": _("states untruths about others that can seriously harm their standing, work or family"),
            "movements": _("supports movements that aim to suppress human rights or spread hatred"),
            "intellectual_property": _("infringes intellectual property"),
            "trade_marks": _(
                "uses trade marks, names or protected designations without a right, or what can be confused with them"
            ),
            "illegal": _("promotes illegal products or services"),
            "escort_dating": _("promotes escort services or dating sites"),
            "morality": _("otherwise offends accepted principles of morality"),
            "rights_of_others": _("touches the personality, good name, copyright or trade marks of others"),
            "unfair": _("goes against good morals or fair dealing"),
            "obscene": _("is obscene, sexually explicit or pornographic"),
            "discrimination": _("discriminates"),
            "harm_to_minors": _("harms minors in any way"),
            "harm_to_minorities": _("harms minorities in any way"),
            "security_danger": _("endangers the security of a country or of the public"),
            "terrorism": _("promotes terrorism or other illegal acts"),
            "false_identity": _("hides its origin or pretends another identity"),
            "malicious": _("contains harmful software"),
            "phishing": _("serves to obtain data of others or access without a right"),
        },
        serves=("CAM-3",),
    ),
    "sending.goods": Spec(
        Listing,
        "sending",
        _("Forbidden goods"),
        _("Messages do not sell or promote:"),
        ("text",),
        vocabulary={
            "prescription_drugs": _("prescription drugs"),
            "alcohol": _("alcohol"),
            "tobacco": _("tobacco products"),
            "drugs": _("drugs"),
            "firearms": _("firearms"),
            "gambling": _("online gambling"),
            "deviations": _("pedophilia and similar disorders"),
            "unlicensed_gambling": _("gambling without a basic permit"),
        },
        serves=("CAM-3",),
    ),
    "sending.complaints": Spec(
        Threshold,
        "sending",
        _("Complaints"),
        _("It is a serious breach when recipients report more than {share} of the distributed newsletters as spam."),
        ("gate:send",),
        serves=("DLV-3",),
    ),
    "sending.complaints_count": Spec(
        Counted,
        "sending",
        _("How complaints are counted"),
        _(
            "The share of complaints is counted over {over} within the last {period}. Below {least} complaints a share "
            "above the agreed one is told and answered; from {least} on the campaign and all sending are stopped."
        ),
        ("gate:send",),
        serves=("DLV-3",),
    ),
    "sending.complaints_answer": Spec(
        Within,
        "sending",
        _("Answer to complaints"),
        _(
            "{who} states within {period} from {start} how the people who complained were won, and what it changes so "
            "that no others are written to against their will."
        ),
        ("due",),
        serves=("DLV-3",),
    ),
    "import.nonexistent": Spec(
        Threshold,
        "sending",
        _("Addresses that do not exist"),
        _("It is a serious breach to import a database in which more than {share} of the contacts do not exist."),
        ("gate:import",),
        serves=("AUDI-3",),
    ),
    "import.nonexistent_count": Spec(
        Counted,
        "sending",
        _("How addresses that do not exist are counted"),
        _(
            "The share of contacts that do not exist is counted over {over} within {period} after the import. Below "
            "{least} such contacts a share above the agreed one is told and answered; from {least} on the campaign and "
            "all sending are stopped."
        ),
        ("gate:send",),
        serves=("AUDI-3",),
    ),
    "import.nonexistent_answer": Spec(
        Within,
        "sending",
        _("Answer to addresses that do not exist"),
        _("{who} states within {period} from {start} where the imported contacts come from, and cleans them."),
        ("due",),
        serves=("AUDI-3",),
    ),
    "database.maker": Spec(
        Choice,
        "sending",
        _("The database"),
        "{value}",
        ("text",),
        vocabulary={
            "controller": _(
                "The controller alone is the maker of its database; the processor uses it solely to perform this "
                "agreement."
            )
        },
        serves=("AUDI-1",),
    ),
    "delivery.liability": Spec(
        Choice,
        "sending",
        _("Delivery"),
        "{value}",
        ("text",),
        vocabulary={
            "effort": _(
                "The processor distributes the messages, but does not answer for their arrival, whole and undamaged, "
                "at the recipients."
            )
        },
        serves=("DLV-5",),
    ),
}
