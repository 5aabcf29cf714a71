"""`mandata stamp`: a time-stamp over the record now, beside the daily ones."""

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit


def stamp(as_json: AsJson = False) -> None:
    """Have the record's newest head stamped by the authority of MANDATA_TIMESTAMP_URL now (RFC 3161).

    The worker does so daily; call it after what should be provable to the minute: a breach, an erasure, an end.

    Examples:

        mandata stamp

        mandata stamp --json
    """
    with connected():
        django()
        from mandata.infra.clock import now
        from mandata.record.services import sequence_due
        from mandata.record.services import stamp as ask

        sequence_due(at=now())
        made = ask(at=now())
    words = f"Stamped: {made}." if made else "The newest head is stamped already, or there is none yet."
    emit(as_json, {"stamp": made}, words)
