"""Letters that answer: what was done, what stays, why not; each with where the person can complain."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts.selectors import Card
from mandata.rights import rules
from mandata.rights.letters.parts import Letter, answered, complaint, day, letter, link, listed
from mandata.rights.letters.wording import reason_words


def copy_ready(
    card: Card,
    *,
    number: int,
    token: str,
    expires_at: datetime,
    form: str,
    regime: str,
    beside: Sequence[str] = (),
    to: str = "",
    language: str,
) -> Letter:
    """Tell the person where the copy of the data lies; `beside` names holdings that no program reaches, in which
    something was found; without a token the copy comes with the letter. `to`: the host to which the
    person wants it sent, too."""
    with translation.override(language):
        ready = (
            _("The data that you provided is ready in a form for machines (JSON and CSV), with the schema it follows.")
            if form == "portable"
            else _("The copy of your data is ready, with the information that belongs to it.")
        )
        way = (
            (_("You can download it until %(day)s; then it is deleted:") % {"day": day(expires_at, card)},)
            if token
            else (_("The copy comes with this letter."),)
        )
        return letter(
            card,
            answered(number),
            ready,
            *way,
            *((link("download", token),) if token else ()),
            _("You also asked us to send it to %(host)s. You will be told once that is done, or if it cannot be.")
            % {"host": to}
            if to
            else "",
            listed(_("Data of yours was found here, too; its copy comes separately:"), list(beside)),
            complaint(card, regime),
        )


def transmitted(card: Card, *, number: int, to: str, done: bool, regime: str, language: str) -> Letter:
    """Tell the person that another controller has taken the copy, or that it could not be sent there (Art. 20(2)
    GDPR)."""
    with translation.override(language):
        return letter(
            card,
            _("Your request no. %(number)s: sending your data on") % {"number": number},
            _("As you asked, your data was sent to %(host)s, which confirmed that it took it.") % {"host": to}
            if done
            else _(
                "Your data could not be sent to %(host)s: it was not taken there. You can hand over the copy that "
                "you have from us."
            )
            % {"host": to},
            complaint(card, regime),
        )


def address_changed(card: Card, *, number: int, language: str) -> Letter:
    """Warn the earlier address that it was replaced, without saying by which (Art. 5(1)(f) GDPR): whoever did not ask
    for it learns of it where only the true person reads."""
    with translation.override(language):
        return letter(
            card,
            _("Your e-mail address was changed (request no. %(number)s)") % {"number": number},
            _(
                "On a request to correct data, the e-mail address under which we know you was replaced by another one. "
                "This is the last message about it to this address."
            ),
            _("If you did not ask for that, tell us at once: %(contact)s.")
            % {"contact": card.privacy_contact or card.contact},
        )


def erased(card: Card, *, number: int, kept: Sequence[str], paper: bool, regime: str, language: str) -> Letter:
    """Tell the person that the data is erased, and what stays on which ground."""
    with translation.override(language):
        return letter(
            card,
            answered(number),
            _("Your data has been erased."),
            listed(_("This stays, and nothing else:"), list(kept)),
            _("This letter too is deleted from our system once it is handed over.")
            if paper
            else _("This mail too is deleted from our system once it is delivered."),
            complaint(card, regime),
        )


def nothing_held(card: Card, *, number: int, regime: str, language: str) -> Letter:
    """Tell the person that nothing is held under the address."""
    with translation.override(language):
        return letter(
            card,
            answered(number),
            _("Under this address no data is held of you, apart from this request itself."),
            _("If you wrote to us from another address, please ask again with that one."),
            complaint(card, regime),
        )


def corrected(card: Card, *, number: int, fields: Sequence[str], words: str, regime: str, language: str) -> Letter:
    """Tell the person what was corrected or completed (Art. 16 GDPR)."""
    with translation.override(language):
        return letter(
            card,
            answered(number),
            listed(_("Your data has been corrected or completed in:"), list(fields)),
            words,
            complaint(card, regime),
        )


def restricted(card: Card, *, number: int, language: str) -> Letter:
    """Tell the person that the processing is restricted, and what that means (Art. 18(2) and (3) GDPR)."""
    with translation.override(language):
        return letter(
            card,
            answered(number),
            _("The processing of your data is restricted: it is kept, and not used for anything else."),
            _("Before the restriction ends, you will be told."),
            complaint(card, rules.GDPR),
        )


def lifted(card: Card, *, number: int, words: str, language: str) -> Letter:
    """Tell the person, beforehand, that a restriction ends (Art. 18(3) GDPR)."""
    with translation.override(language):
        return letter(
            card,
            _("The restriction of your data ends (request no. %(number)s)") % {"number": number},
            _("The restriction of the processing of your data ends, for this reason:"),
            words,
            complaint(card, rules.GDPR),
        )


def stopped(
    card: Card, *, number: int, scope: str, lists: Sequence[str], channels: Sequence[str], words: str, language: str
) -> Letter:
    """Tell the person what is not done any more, and what stays so that it does not begin again (DSR-9, DSR-13)."""
    with translation.override(language):
        what = {
            "marketing": _("You get no more direct marketing from us."),
            "lists": listed(_("You get no more messages of these types:"), list(lists)),
            "situation": _("We do not process your data any more on the ground of a legitimate interest."),
        }[scope]
        by = {"email": _("e-mail"), "sms": _("text messages"), "all": _("every way")}
        return letter(
            card,
            answered(number),
            what,
            _("This holds for: %(channels)s.") % {"channels": ", ".join(by[one] for one in channels)},
            words,
            _(
                "Only what proves why we wrote to you, and a code that keeps us from writing to you again, stays. "
                "You can take your objection back at any time."
            ),
            complaint(card, rules.GDPR),
        )


def opted_out(card: Card, *, number: int, kind: str, language: str) -> Letter:
    """Tell a consumer that the opt-out or the limit is noted (Cal. Civ. Code §§ 1798.120, 1798.121)."""
    with translation.override(language):
        what = (
            _("Your opt-out is noted: your personal information is neither sold nor shared.")
            if kind == "opt_out"
            else _("Your choice is noted: sensitive personal information of yours is put to no further use.")
        )
        again = _("For 12 months we will not ask you to change your mind; you may at any time.")
        return letter(card, answered(number), what, again, complaint(card, rules.US))


def replied(card: Card, *, number: int, kind: str, words: str, regime: str, language: str) -> Letter:
    """Answer in an officer's own words: a complaint, or the human review of a decision (Art. 22(3) GDPR)."""
    with translation.override(language):
        head = ""
        if kind == "automated":
            head = _(
                "No decision with legal or similar effect is made about you by machines alone. A person has looked at "
                "your case and answers:"
            )
        return letter(card, answered(number), head, words, complaint(card, regime))


def of_household(card: Card, *, number: int, people: int, regime: str, language: str) -> Letter:
    """Tell who asked for a household that everybody in it is answered."""
    with translation.override(language):
        said = _("The request of your household is carried out; each of the %(people)s people gets an own answer.")
        return letter(card, answered(number), said % {"people": people}, complaint(card, regime))


def refusal(card: Card, *, number: int, reason: str, words: str, regime: str, language: str) -> Letter:
    """Tell the person why the request is refused, and what can be done about it (Art. 12(4) GDPR)."""
    with translation.override(language):
        return letter(
            card,
            answered(number),
            _("Your request is refused: %(reason)s (%(clause)s).")
            % {"reason": reason_words(reason), "clause": rules.REASONS[reason]},
            words,
            complaint(card, regime),
        )
