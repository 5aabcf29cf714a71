"""Codes of the rights desk in words, for pages."""

from django.utils.translation import gettext_lazy as _

KINDS = {"access": _("Copy of the data (Art. 15 GDPR)"), "erasure": _("Erasure (Art. 17 GDPR)")}
STATES = {
    "received": (_("waits for the person’s confirmation"), "info"),
    "confirmed": (_("to be answered"), "warn"),
    "answered": (_("answered"), "good"),
    "refused": (_("refused"), "calm"),
    "expired": (_("never confirmed"), "calm"),
}
CHANNELS = {
    "portal": _("by the public page"),
    "email": _("by e-mail"),
    "phone": _("by telephone"),
    "post": _("by post"),
    "hand": _("in person"),
}
STEPS = {
    "received": (_("Received"), "inbox", "calm"),
    "confirmed": (_("Confirmed"), "check", "good"),
    "answered": (_("Answered"), "mail", "good"),
    "refused": (_("Refused"), "ban", "bad"),
    "fetched": (_("Answer downloaded by the person"), "download", "good"),
    "answer_deleted": (_("Answer deleted; its link had expired"), "trash", "calm"),
    "expired": (_("Never confirmed; closed"), "clock", "calm"),
    "confirmation_sent": (_("Link to confirm mailed"), "mail", "calm"),
    "acknowledged": (_("Acknowledged by mail"), "mail", "calm"),
    "passed_on": (_("Passed on to you"), "bell", "info"),
    "shown": (_("Who asks was shown to an officer"), "eye", "calm"),
    "extended": (_("More time taken, with reasons"), "clock", "warn"),
    "manual_opened": (_("Tasks opened in manual holdings"), "list", "info"),
    "asked_again": (_("Asked again for the same"), "refresh", "info"),
}
ACTORS = {
    "member": _("a member"),
    "operator": _("the operator"),
    "subject": _("the person"),
    "system": _("the system"),
}
REASONS = {
    "unfounded": _("manifestly unfounded or excessive"),
    "identity": _("we cannot tell who the person is"),
    "rights_of_others": _("it would harm the rights of others"),
    "legal_obligation": _("the law obliges you to keep the data"),
    "legal_claims": _("the data are needed for legal claims"),
    "freedom_of_expression": _("freedom of expression and information"),
    "public_interest": _("public health, archiving or research in the public interest"),
}
GROUNDS = {
    "no_longer_needed": _("no longer needed for its purpose"),
    "consent_withdrawn": _("consent withdrawn"),
    "objection": _("objection"),
    "unlawful": _("processed unlawfully"),
    "legal_obligation": _("the law demands erasure"),
    "child": _("collected from a child"),
    "controller": _("your own decision"),
    "consumer": _("a consumer’s request to delete"),
}
