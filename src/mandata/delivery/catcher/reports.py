"""What a receiving side sends back: delivery reports (RFC 3462, 3464) and complaints (RFC 5965), as servers do."""

import email.policy
import os
from datetime import datetime
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import format_datetime

_POLICY = email.policy.SMTP


def original_headers(content: bytes) -> bytes:
    """Return the header section of a message, with its empty line."""
    end = content.find(b"\r\n\r\n")
    return content[: end + 4] if end >= 0 else content


def delivery_report(*, host: str, sender: str, recipient: str, reply: str, content: bytes, at: datetime) -> bytes:
    """Return the report that `recipient` could not be reached; `reply` is like "550 5.1.1 User unknown"."""
    code, status, words = _split(reply)
    action = "failed" if status.startswith("5") else "delayed"
    lines = [
        f"Reporting-MTA: dns; {host}",
        f"Arrival-Date: {format_datetime(at)}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Original-Recipient: rfc822;{recipient}",
        f"Action: {action}",
        f"Status: {status}",
        f"Remote-MTA: dns; mx.{recipient.rpartition('@')[2]}",
        f"Diagnostic-Code: smtp; {code} {status} {words}",
        "",
    ]
    told = (
        f"This is the mail system at host {host}.\r\n\r\n"
        "Your message could not be delivered to one recipient. It is attached below.\r\n\r\n"
        f"<{recipient}>: host mx.{recipient.rpartition('@')[2]} said: {code} {status} {words}\r\n"
        "    (in reply to RCPT TO command)\r\n"
    )
    report = _envelope(
        f"Mail Delivery System <MAILER-DAEMON@{host}>", sender, "Undelivered Mail Returned to Sender", at
    )
    report["Auto-Submitted"] = "auto-replied"
    parts = [
        _part("text/plain; charset=us-ascii", told.encode("utf-8", "replace"), "Notification"),
        _part("message/delivery-status", "\r\n".join(lines).encode("utf-8", "replace"), "Delivery report"),
        _part("text/rfc822-headers", original_headers(content), "Undelivered Message Headers"),
    ]
    return _assemble(report, "delivery-status", parts)


def complaint(*, host: str, sender: str, recipient: str, content: bytes, at: datetime) -> bytes:
    """Return the feedback report of a provider whose user marked the message as spam; the recipient is redacted."""
    headers: Message = BytesHeaderParser(policy=email.policy.compat32).parsebytes(content)
    lines = [
        "Feedback-Type: abuse",
        "User-Agent: MandataCatcher/1.0",
        "Version: 1",
        f"Original-Mail-From: <{sender}>",
        f"Arrival-Date: {format_datetime(at)}",
        f"Reported-Domain: {str(headers.get('From', '')).rpartition('@')[2].strip(' >')}",
        "",
    ]
    told = f"This is an e-mail abuse report for a message received on {format_datetime(at)}.\r\n"
    report = _envelope(f"Complaints <fbl@{host}>", sender, f"FW: {headers.get('Subject', '')}", at)
    redacted = original_headers(content).replace(recipient.encode(), b"redacted@" + host.encode())
    parts = [
        _part("text/plain; charset=us-ascii", told.encode(), ""),
        _part("message/feedback-report", "\r\n".join(lines).encode("utf-8", "replace"), ""),
        _part("message/rfc822", redacted + b"\r\n", ""),
    ]
    return _assemble(report, "feedback-report", parts)


def _split(reply: str) -> tuple[str, str, str]:
    """Cut "550 5.1.1 words" into its three parts; a missing status follows from the code."""
    code, _, rest = reply.partition(" ")
    status, _, words = rest.partition(" ")
    if status.count(".") != 2:
        return code, f"{code[:1]}.0.0", rest
    return code, status, words


def _envelope(origin: str, to: str, subject: str, at: datetime) -> EmailMessage:
    report = EmailMessage(policy=_POLICY)
    report["From"] = origin
    report["To"] = to
    report["Subject"] = " ".join(subject.split())[:200]
    report["Date"] = format_datetime(at)
    report["Message-ID"] = f"<{os.urandom(12).hex()}@{origin.rpartition('@')[2].rstrip('>')}>"
    report["MIME-Version"] = "1.0"
    return report


def _part(kind: str, body: bytes, description: str) -> bytes:
    head = f"Content-Description: {description}\r\n" if description else ""
    return f"{head}Content-Type: {kind}\r\n\r\n".encode() + body


def _assemble(report: EmailMessage, kind: str, parts: list[bytes]) -> bytes:
    boundary = os.urandom(12).hex().upper()
    head = report.as_bytes().rstrip(b"\r\n")
    head += f'\r\nContent-Type: multipart/report; report-type={kind};\r\n\tboundary="{boundary}"\r\n\r\n'.encode()
    mark = f"--{boundary}".encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
