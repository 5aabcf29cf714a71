"""One SMTP receiver and nothing else: a fleet of one relay, for test sends and where no transport is set up."""

import time
from collections.abc import Callable

from mandata.delivery.transports.fleet import Fleet
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.ways import Relay


class SmtpTransport(Fleet):
    """Carries letters to one SMTP receiver, in the lane "". `timer` counts seconds and may be replaced in tests."""

    def __init__(self, settings: SmtpSettings, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__((Relay("", settings, timer),), alone=True, patience=settings.patience, timer=timer)
