"""Codes of the rights desk in words, for pages."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "access": _("Copy of the data (Art. 15 GDPR)"),
    "rectification": _("Correction or completion (Art. 16 GDPR)"),
    "erasure": _("Erasure (Art. 17 GDPR)"),
    "restriction": _("Restriction (Art. 18 GDPR)"),
    "portability": _("Portability (Art. 20 GDPR)"),
    "objection": _("Objection (Art. 21 GDPR)"),
    "automated": _("Automated decisions (Art. 22 GDPR)"),
    "complaint": _("Complaint"),
    "unsorted": _("To be sorted"),
    "know": _("Right to know (California)"),
    "delete": _("Right to delete (California)"),
    "correct": _("Right to correct (California)"),
    "opt_out": _("Opt-out of sale and sharing (California)"),
    "limit": _("Limit of sensitive information (California)"),
    "household": _("Request of a household (California)"),
}
WAITS = {"identity": _("waits for a proof of identity"), "fee": _("waits for a payment"), "late": _("late")}
DOES = {
    "copy": _("Send the copy"),
    "rectify": _("Correct and answer"),
    "erase": _("Erase and answer"),
    "restrict": _("Restrict and answer"),
    "object": _("Stop and answer"),
    "opt_out": _("Note and answer"),
    "reply": _("Answer"),
    "together": _("Answer everybody"),
}
SCOPES = {
    "marketing": _("all direct marketing; needs no reasons"),
    "lists": _("some types of messages; needs no reasons"),
    "situation": _("legitimate interest, for reasons of the own situation"),
}
OBJECTED = {"all": _("every channel"), "email": _("e-mail"), "sms": _("text messages")}
RESTRICTED = {
    "accuracy": _("its accuracy is contested"),
    "unlawful": _("its processing is unlawful"),
    "claims": _("the person needs it for legal claims"),
    "objection": _("an objection is to be decided"),
}
LETTERS = {
    "acknowledged": _("Acknowledgement"),
    "answered": _("Answer"),
    "erased": _("Answer: erased"),
    "refused": _("Refusal"),
    "extended": _("More time"),
    "proof": _("Request for a proof"),
    "fee": _("Fee"),
    "lifted": _("End of a restriction"),
    "unconfirmed": _("Still to be confirmed"),
    "transmitted": _("Sent on to another controller"),
}
HOUSEHOLD = {"know": _("to know"), "delete": _("to delete")}
TRANSMITTED = {"queued": (_("on its way"), "info"), "sent": (_("sent"), "good"), "failed": (_("failed"), "bad")}
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
    "api": _("by the API"),
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
    "unconfirmed": (_("Not confirmed by the link; you and the person were told, it stays open"), "bell", "warn"),
    "expired": (_("Never confirmed; closed"), "clock", "calm"),
    "confirmation_sent": (_("Link to confirm mailed"), "mail", "calm"),
    "acknowledged": (_("Acknowledged by mail"), "mail", "calm"),
    "passed_on": (_("Passed on to you"), "bell", "info"),
    "shown": (_("Who asks was shown to an officer"), "eye", "calm"),
    "extended": (_("More time taken, with reasons"), "clock", "warn"),
    "manual_opened": (_("Tasks opened in manual holdings"), "list", "info"),
    "asked_again": (_("Asked again for the same"), "refresh", "info"),
    "sorted": (_("It was said what is asked"), "list", "info"),
    "left_to_officer": (_("Could not be done by itself; left to you"), "bell", "warn"),
    "not_done": (_("Could not be done with the others; still open"), "bell", "warn"),
    "doubted": (_("A proof of identity was asked for, with reasons"), "lock", "warn"),
    "proof_given": (_("The person sent a proof"), "upload", "info"),
    "proof_shown": (_("The proof was shown to an officer"), "eye", "calm"),
    "doubt_settled": (_("Decided about the proof; it is deleted"), "check", "good"),
    "identified": (_("The person’s address was added"), "user", "info"),
    "fee_asked": (_("A fee was asked for"), "clock", "warn"),
    "fee_paid": (_("The fee was paid"), "check", "good"),
    "lifted": (_("The restriction was lifted; the person was told before"), "check", "info"),
    "transmission_asked": (_("Sending to another controller was ordered"), "mail", "info"),
    "transmitted": (_("Sent to the other controller"), "check", "good"),
    "not_transmitted": (_("Could not be sent to the other controller"), "ban", "bad"),
    "copy_taken": (_("The copy was taken by an officer to hand it over"), "download", "calm"),
    "letter_printed": (_("The letter was printed"), "mail", "calm"),
    "letter_handed": (_("The letter was posted or handed over"), "mail", "good"),
    "letter_deleted": (_("The letter was deleted; its time had passed"), "trash", "calm"),
    "deleted": (_("Deleted; its archive has ended"), "trash", "calm"),
}
ACTORS = {
    "member": _("a member"),
    "key": _("a program of yours"),
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
    "accurate": _("the data are right and complete"),
    "no_ground": _("none of the grounds of a restriction is there"),
    "other_basis": _("neither consent nor a contract is the basis"),
    "others_affected": _("it would harm the rights of others"),
    "compelling": _("compelling legitimate grounds prevail"),
    "claims_compelling": _("the data are needed for legal claims"),
    "us_unfounded": _("manifestly unfounded or excessive"),
    "us_identity": _("we cannot tell who the person is"),
    "us_others": _("it would harm the rights of others"),
    "us_exception": _("an exception of the law lets you keep it"),
    "us_accurate": _("on the whole the information is accurate"),
    "us_fraud": _("the request is believed to be fraudulent"),
    "us_not_joined": _("not everybody of the household has joined"),
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
