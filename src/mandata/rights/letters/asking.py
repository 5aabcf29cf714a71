"""Letters on the way to an answer: the link, the acknowledgement, more time, proof of identity, a fee; and to the
controller.
"""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts.selectors import Card
from mandata.infra.environment import env
from mandata.rights.letters.parts import Letter, complaint, day, letter, link
from mandata.rights.letters.wording import asked, matter


def confirmation(card: Card, *, kind: str, token: str, expires_at: datetime, language: str) -> Letter:
    """Ask the person to confirm that the request is the person's own."""
    with translation.override(language):
        return letter(
            card,
            _("Please confirm your request"),
            _("%(controller)s has received a request in your name: %(what)s.")
            % {"controller": card.name, "what": asked(kind)},
            _("If it is yours, confirm it on this page until %(day)s:") % {"day": day(expires_at, card)},
            link("confirm", token),
            _("If it is not yours, do nothing. Without your confirmation nothing happens."),
        )


def acknowledgement(card: Card, *, kind: str, number: int, token: str, due_at: datetime, language: str) -> Letter:
    """Tell the person that the request is confirmed and when the answer comes."""
    with translation.override(language):
        return letter(
            card,
            _("Your request no. %(number)s") % {"number": number},
            _("Your request is confirmed: %(what)s.") % {"what": asked(kind)},
            _("It will be answered by %(day)s at the latest.") % {"day": day(due_at, card)},
            *((_("How far it is, you see here:"), link("progress", token)) if token else ()),
        )


def extended(card: Card, *, number: int, reason: str, due_at: datetime, regime: str, language: str) -> Letter:
    """Tell the person that the answer takes longer, why, and until when (Art. 12(3) GDPR; § 7021(b))."""
    with translation.override(language):
        return letter(
            card,
            _("Your request no. %(number)s takes longer") % {"number": number},
            _("The answer to your request takes longer than usual, for this reason:"),
            reason,
            _("It will be answered by %(day)s at the latest.") % {"day": day(due_at, card)},
            complaint(card, regime),
        )


def proof(card: Card, *, number: int, why: str, token: str, expires_at: datetime, language: str) -> Letter:
    """Ask for a proof of identity, with the reasons of the doubt and what becomes of it (Art. 12(6) GDPR)."""
    with translation.override(language):
        return letter(
            card,
            _("Your request no. %(number)s: please show that it is you") % {"number": number},
            _("We have reasonable doubts about who makes the request, for this reason:"),
            why,
            _("Send what shows it on this page until %(day)s; black out whatever is not needed for that:")
            % {"day": day(expires_at, card)},
            link("proof", token),
            _("It is used for nothing else and is deleted as soon as we have decided."),
        )


def fee(
    card: Card, *, number: int, amount: str, reason: str, words: str, regime: str, clause: str, language: str
) -> Letter:
    """State a reasonable fee for an excessive request, with its reason (Art. 12(5) GDPR)."""
    with translation.override(language):
        return letter(
            card,
            _("Your request no. %(number)s: a fee") % {"number": number},
            _("We ask for a fee of %(amount)s, because %(reason)s (%(clause)s).")
            % {"amount": amount, "reason": reason, "clause": clause},
            words,
            _("Once it is paid, your request is answered. If you do not want that, tell us, and it is closed."),
            complaint(card, regime),
        )


def to_controller(card: Card, *, kind: str, number: int, due_at: datetime) -> Letter:
    """Tell the controller's contact that a request waits, without any personal data (DSR-1)."""
    with translation.override(card.language):
        what = matter(kind)
        return letter(
            card,
            _("Request no. %(number)s of a data subject: %(what)s") % {"number": number, "what": what},
            _("A data subject has confirmed a request: %(what)s.") % {"what": what},
            _("It is due on %(day)s.") % {"day": day(due_at, card)},
            _("You answer it in the console, under Privacy, Requests:"),
            env().public_url,
        )


def unconfirmed(card: Card, *, kind: str, number: int, expires_at: datetime, regime: str, language: str) -> Letter:
    """Tell who asked by telephone, by post or in person that the link that was mailed has not been used: nothing has
    lapsed, and how the request goes on (Art. 12(2) and (6) GDPR)."""
    with translation.override(language):
        return letter(
            card,
            _("Your request no. %(number)s: we still have to know that it is yours") % {"number": number},
            _("You asked us for something: %(what)s.") % {"what": matter(kind)},
            _(
                "To be sure that it is you, we mailed a link to the e-mail address that we know of you. By %(day)s it "
                "was not used."
            )
            % {"day": day(expires_at, card)},
            _(
                "Your request stays open. Please tell us by telephone, by letter or in person how else we can be sure "
                "that it comes from you, or ask us for a new link."
            ),
            complaint(card, regime),
        )


def unconfirmed_to_controller(card: Card, *, kind: str, number: int, due_at: datetime) -> Letter:
    """Tell the controller's contact that somebody who asked on paper has not used the link: an officer decides."""
    with translation.override(card.language):
        what = matter(kind)
        return letter(
            card,
            _("Request no. %(number)s of a data subject: %(what)s") % {"number": number, "what": what},
            _(
                "The person asked by telephone, by letter or in person, and has not used the link that was mailed. The "
                "request stays open, and is still due on %(day)s."
            )
            % {"day": day(due_at, card)},
            _(
                "A letter to the person lies ready to be printed. Confirm the request if you know the person by other "
                "means, ask for a proof with your reasons, or refuse it."
            ),
            env().public_url,
        )


def already_done(card: Card, *, kind: str, number: int) -> Letter:
    """Tell the controller's contact of a request that was carried out by itself, such as an opt-out."""
    with translation.override(card.language):
        what = matter(kind)
        return letter(
            card,
            _("Request no. %(number)s of a data subject: %(what)s") % {"number": number, "what": what},
            _("It has been carried out at once, because it needs no reasons and no decision."),
            env().public_url,
        )
