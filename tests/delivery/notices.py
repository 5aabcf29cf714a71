"""Notices as mail systems of many makes word them where no report is attached, written for these tests.

Each is (name, message, reason, hard); the addressee is always ann@reader.test.
"""

from typing import Final

_TO: Final = "To: v@returns.test\nDate: Thu, 29 Apr 2010 23:34:45 +0900\nMIME-Version: 1.0\n"


def _mail(head: str, body: str) -> bytes:
    return f"{head.strip()}\n{_TO}\n{body}".replace("\n", "\r\n").encode()


_ORIGINAL = "Return-Path: <v@returns.test>\nFrom: news@shop.test\nTo: ann@reader.test\nSubject: Spring\n\nHello\n"

NOTICES: Final[tuple[tuple[str, bytes, str, bool], ...]] = (
    (
        "queue program, reply at RCPT",
        _mail(
            "From: MAILER-DAEMON@mx.test\nSubject: failure notice",
            "Hi. This is the send program at mx.test.\nI'm afraid I wasn't able to deliver your message to the "
            "following "
            "addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ann@reader.test>:\n"
            "192.0.2.153 does not like recipient.\nRemote host said: 550 5.1.1 <ann@reader.test>... User Unknown\n"
            f"Giving up on 192.0.2.153.\n\n--- Below this line is a copy of the message.\n\n{_ORIGINAL}",
        ),
        "userunknown",
        True,
    ),
    (
        "session transcript",
        _mail(
            "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.test>\nSubject: Returned mail: see transcript for details",
            "The original message was received at Thu, 29 Apr 2010 23:34:45 +0900\nfrom client.test [192.0.2.9]\n\n"
            "   ----- The following addresses had permanent fatal errors -----\n<ann@reader.test>\n"
            "    (reason: 550 5.7.1 <ann@reader.test>... Relaying denied)\n\n   ----- Transcript of session follows "
            "-----\n"
            "... while talking to mx2.test.:\n>>> RCPT To:<ann@reader.test>\n<<< 550 5.7.1 Relaying denied\n"
            f"550 5.1.1 <ann@reader.test>... User unknown\n\n   ----- Original message follows -----\n\n{_ORIGINAL}",
        ),
        "norelaying",
        False,
    ),
    (
        "created automatically, quota",
        _mail(
            "From: Mail Delivery System <Mailer-Daemon@mx.test>\nSubject: Mail delivery failed: returning message to "
            "sender",
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
            "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) "
            "failed:\n\n"
            "  ann@reader.test\n    SMTP error from remote mail server after end of data:\n    host mx2.test "
            "[192.0.2.5]: 552 "
            f"5.2.2 Over quota\n\n------ This is a copy of the message, including all the headers. "
            f"------\n\n{_ORIGINAL}",
        ),
        "mailboxfull",
        False,
    ),
    (
        "office server, old",
        _mail(
            "From: System Administrator <postmaster@office.test>\nSubject: Undeliverable: Spring",
            "Your message\n\n  To:      ann@reader.test\n  Subject: Spring\n  Sent:    Thu, 29 Apr 2010 18:14:35 "
            "+0000\n\n"
            "did not reach the following recipient(s):\n\nann@reader.test on Thu, 29 Apr 2010 16:51:51 -0500\n"
            "    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=jp;a= ;p=x;l=Y0000\n",
        ),
        "userunknown",
        True,
    ),
    (
        "office server, French",
        _mail(
            "From: postmaster@office.test\nSubject: =?utf-8?q?Non_remis=C2=A0=3A_Spring?=",
            "Échec de la remise aux destinataires ou groupes suivants :\n\nann@reader.test\nL'adresse de messagerie "
            "que vous "
            "avez entrée est introuvable.\n\nInformations de diagnostic pour les administrateurs :\n\n"
            "ann@reader.test\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n",
        ),
        "userunknown",
        True,
    ),
    (
        "attempts made",
        _mail(
            "From: Mail Security <mailer@gate.test>\nSubject: Message could not be sent",
            "Your message could not be sent.\nA transcript of the attempts to send the message follows.\nThe number of "
            "attempts made: 1\nAddressed To: ann@reader.test\n\nThu 29 Apr 2010 23:34:45 +0900\n550 5.1.1 "
            "<ann@reader.test>... No such user\n\n--- Message non-deliverable.\n",
        ),
        "userunknown",
        True,
    ),
    (
        "following address, reply in brackets",
        _mail(
            "From: MAILER-DAEMON@mx.test\nSubject: Delivery failure",
            "Message from mx.test.\nUnable to deliver message to the following address(es).\n\n<ann@reader.test>:\n"
            f"This user doesn't have a reader.test account (ann@reader.test) [0]\n\n--- Original message "
            f"follows.\n\n{_ORIGINAL}",
        ),
        "userunknown",
        True,
    ),
    (
        "errors counted",
        _mail(
            "From: Mail System <noreply@mx.test>\nSubject: There was an error sending your mail",
            "We had trouble delivering your message. Full details follow:\n\n1 error(s):\n\nSMTP Server <mx2.test> "
            "rejected "
            "recipient <ann@reader.test>\n (Error following RCPT command). It responded as follows: "
            "[550 5.1.1 User unknown]\n",
        ),
        "userunknown",
        True,
    ),
    (
        "spam filter of a gateway",
        _mail(
            "From: Mail Gateway <postmaster@gate.test>\nSubject: **Message you sent blocked by our bulk email filter**",
            "Your message to: ann@reader.test\nwas blocked by our Spam Firewall. The email you sent with the following "
            "subject has NOT BEEN DELIVERED:\n\nSubject: Spring\n",
        ),
        "spamdetected",
        False,
    ),
    (
        "bounce in brackets",
        _mail(
            "From: postmaster@james.test\nSubject: [BOUNCE]",
            "Hi. This is the James mail server at james.test.\nI'm afraid I wasn't able to deliver your message to the "
            "following addresses.\nThis is a permanent error; I've given up.\n\nMessage details:\n  MAIL FROM: "
            "v@returns.test\n"
            "  RCPT TO: ann@reader.test\n\nError message below:\n550 - Requested action not taken: no such user here\n",
        ),
        "userunknown",
        True,
    ),
    (
        "a delay",
        _mail(
            "From: Mail Delivery Subsystem <mailer-daemon@mx.test>\nSubject: Delivery Status Notification (Delay)",
            "This is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY.\n\n"
            "Delivery to the following recipient has been delayed:\n\n     ann@reader.test\n\nMessage will be "
            "retried for 2 "
            "more day(s)\n\nTechnical details of temporary failure:\nThe recipient server did not accept our "
            "requests to connect. "
            "[mx.reader.test (1): Connection timed out]\n",
        ),
        "expired",
        False,
    ),
    (
        "German",
        _mail(
            "From: Mailserver <mailer-daemon@mx.test>\nSubject: Unzustellbar: Frühling",
            "Ihre Nachricht konnte nicht zugestellt werden.\n\nann@reader.test: Empfänger unbekannt (550 5.1.1)\n",
        ),
        "userunknown",
        True,
    ),
    (
        "Czech",
        _mail(
            "From: MAILER-DAEMON@posta.test\nSubject: Nedoručitelná zpráva",
            "Vaši zprávu nelze doručit příjemci ann@reader.test:\n552 5.2.2 Schránka je plná, mailbox full\n",
        ),
        "mailboxfull",
        False,
    ),
)

NONE_OF_THEM: Final[tuple[tuple[str, bytes, str], ...]] = (
    (
        "somebody writes of a delivery",
        _mail(
            "From: Ann <ann@reader.test>\nSubject: Re: delivery failed",
            "Hello, my parcel could not be delivered to ann@reader.test, what now? The number is 550 1234.\n",
        ),
        "other",
    ),
    (
        "a postmaster is a person too",
        _mail(
            "From: Olga <postmaster@reader.test>\nSubject: Hello", "Thanks for writing, call me or ann@reader.test.\n"
        ),
        "other",
    ),
    (
        "a challenge",
        _mail(
            "Return-Path: <>\nFrom: Ann <ann@reader.test>\nSubject: Please confirm your message",
            "ann@reader.test uses sender verification. Please click the link below to have your message delivered.\n",
        ),
        "other",
    ),
    (
        "a challenge that says what it is",
        _mail(
            "Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: Ann <ann@reader.test>\nSubject: Confirm your address",
            "ann@reader.test asks you to confirm your message.\n",
        ),
        "auto-reply",
    ),
    (
        "a holiday in German",
        _mail(
            "Return-Path: <>\nFrom: Ann <ann@reader.test>\nSubject: Abwesenheitsnotiz: Spring", "Bin ab Montag da.\n"
        ),
        "auto-reply",
    ),
    (
        "a holiday in Czech",
        _mail("From: Ann <ann@reader.test>\nSubject: Automatická odpověď: Jaro", "Jsem na dovolené.\n"),
        "auto-reply",
    ),
    (
        "a newsletter about rejected parcels",
        _mail("From: Post <info@post.test>\nSubject: Rejected parcels", "Write to help@post.test within 550 days.\n"),
        "other",
    ),
    (
        "somebody forwards a notice",
        _mail(
            "From: Ann <ann@reader.test>\nSubject: Fwd: Undelivered Mail Returned to Sender\nIn-Reply-To: <1@x.test>",
            "What is this?\n> <ann@reader.test>: host mx said: 550 5.1.1 User unknown\n",
        ),
        "other",
    ),
)
