"""Codes of the rights desk in the words of letters, in the active language."""

from django.utils.translation import gettext as _


def asked(kind: str) -> str:
    """Return what is asked, in words to the person."""
    return {
        "access": _("a copy of your data and information about it"),
        "rectification": _("the correction or completion of your data"),
        "erasure": _("the erasure of your data"),
        "restriction": _("the restriction of the processing of your data"),
        "portability": _("your data in a form for machines, for you or for another controller"),
        "objection": _("that your data is not used any more as you object to it"),
        "automated": _("whether decisions about you are made by machines, and a human review"),
        "complaint": _("a complaint"),
        "unsorted": _("a request about your data"),
        "know": _("to know what personal information is held of you, with a copy"),
        "delete": _("the deletion of your personal information"),
        "correct": _("the correction of your personal information"),
        "opt_out": _("that your personal information is neither sold nor shared"),
        "limit": _("that the use of your sensitive personal information is limited"),
        "household": _("a request of your household"),
    }[kind]


def matter(kind: str) -> str:
    """Return what is asked, in words to the controller."""
    return {
        "access": _("access to the data"),
        "rectification": _("rectification of the data"),
        "erasure": _("erasure of the data"),
        "restriction": _("restriction of the processing"),
        "portability": _("portability of the data"),
        "objection": _("objection to the processing"),
        "automated": _("automated decisions"),
        "complaint": _("complaint"),
        "unsorted": _("a request that is to be sorted"),
        "know": _("right to know"),
        "delete": _("right to delete"),
        "correct": _("right to correct"),
        "opt_out": _("opt-out of sale and sharing"),
        "limit": _("limit of the use of sensitive information"),
        "household": _("request of a household"),
    }[kind]


def reason_words(reason: str) -> str:
    """Return a reason for a refusal in words."""
    return {
        "unfounded": _("it is manifestly unfounded or excessive"),
        "identity": _("we cannot establish that the data is yours"),
        "rights_of_others": _("it would adversely affect the rights of others"),
        "accurate": _("the data is accurate and complete"),
        "legal_obligation": _("the law obliges us to keep the data"),
        "legal_claims": _("the data is needed for legal claims"),
        "freedom_of_expression": _("the data is needed for the freedom of expression and information"),
        "public_interest": _("the data is needed for public health or an archive in the public interest"),
        "no_ground": _("none of the grounds for a restriction is there"),
        "other_basis": _("the data is processed neither by your consent nor for a contract with you"),
        "others_affected": _("it would adversely affect the rights of others"),
        "compelling": _("compelling legitimate grounds for the processing override your interests"),
        "claims_compelling": _("the data is needed for legal claims"),
        "us_unfounded": _("it is manifestly unfounded or excessive"),
        "us_identity": _("we cannot verify that the information is yours"),
        "us_others": _("it would adversely affect the rights of others"),
        "us_exception": _("the law lets us keep the information for what it is needed for"),
        "us_accurate": _("on the whole of the circumstances the information is accurate"),
        "us_fraud": _("we have good reason to believe that the request is fraudulent"),
        "us_not_joined": _("not every person of the household has joined the request"),
    }[reason]
