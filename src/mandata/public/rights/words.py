"""Codes of requests in the words of the public pages: what is asked, and what that means."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "access": (_("A copy of my data"), _("Everything that is held of you, why, how long and who sees it.")),
    "rectification": (_("The correction of my data"), _("Write below what is wrong or missing, and how it is right.")),
    "erasure": (
        _("The erasure of my data"),
        _("It cannot be undone. A code without your address stays, so that nobody writes to you again."),
    ),
    "restriction": (
        _("The restriction of its use"),
        _("Your data is kept and not used, for example while it is checked."),
    ),
    "portability": (
        _("My data for a machine"),
        _("What you provided, as JSON and CSV, for you or directly for another service."),
    ),
    "objection": (
        _("An objection"),
        _("Against advertising always and without a reason; against other uses with your reasons."),
    ),
    "automated": (
        _("A human instead of a machine"),
        _("Whether anything about you is decided by machines alone, and a person who looks at it."),
    ),
    "complaint": (_("A complaint"), _("Write below what went wrong. You can also complain to an authority.")),
    "know": (_("To know what is held of me"), _("A copy, with its sources, purposes and who receives it.")),
    "delete": (
        _("The deletion of my information"),
        _("It cannot be undone. A code without your address stays, so that nobody writes to you again."),
    ),
    "correct": (_("The correction of my information"), _("Write below what is wrong, and how it is right.")),
    "opt_out": (_("Do not sell or share my information"), _("It is noted at once, without any proof.")),
    "limit": (_("Limit the use of my sensitive information"), _("It is noted at once, without any proof.")),
    "household": (
        _("A request of my household"),
        _("Everybody in it confirms by a mail of their own; then all are answered together."),
    ),
}
SCOPES = {
    "marketing": _("all advertising"),
    "situation": _("a use on the ground of a legitimate interest, for my own reasons"),
}
CHANNELS = {"all": _("every way"), "email": _("e-mail"), "sms": _("text messages (SMS)")}
GROUNDS = {
    "accuracy": _("my data is not right, and it is to be checked"),
    "unlawful": _("its use is unlawful, and I do not want it erased"),
    "claims": _("I need it for legal claims"),
    "objection": _("I have objected, and it is to be decided"),
}
LANGUAGES = {"en": "English", "cs": "Čeština", "de": "Deutsch", "it": "Italiano"}
RESULTS = {
    "handed_over": _("The answer was sent to you, with your copy."),
    "erased": _("Your data is erased. The answer says what stays and why."),
    "nothing_held": _("Under your address no data was held."),
    "corrected": _("Your data is corrected. The answer says what."),
    "restricted": _("The use of your data is restricted."),
    "stopped": _("Your objection is carried out."),
    "noted": _("Your choice is noted."),
    "reviewed": _("A person has looked at it; the answer was sent to you."),
    "replied": _("The answer was sent to you."),
    "household": _("Your household is answered."),
    "refused": _("The reasons were sent to you, with where you can complain."),
}
