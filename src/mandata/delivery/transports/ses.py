"""Amazon SES v2 (SendEmail with raw content) as a road: what boto3 says, and what that means for a letter.

Each connection is a thread, because boto3 waits; letters and outcomes pass through the loop, which alone speaks with
the desk. boto3 is loaded by the first letter and never tries again by itself: a second try is a second message.

    throttled, paused, unavailable               deferred; the service has taken nothing
    message or sender refused                    failed
    credentials or account refused, no connection    returned, and the road is down for a while
    anything else after the request had left     unknown
"""

import queue
import re
import threading
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mandata.delivery.rules.outcomes import Outcome, without_addresses
from mandata.delivery.transports.port import Letter, NotBegun, Unroutable

if TYPE_CHECKING:
    from mandata.delivery.transports.loop import Loop, Runner
    from mandata.delivery.transports.session import Session

TAG: Final = "mandata"
"""Name of the tag that carries the bounce token, so that SES's notifications name the message."""

THROTTLED: Final = frozenset(
    {"TooManyRequestsException", "LimitExceededException", "SendingPausedException", "ServiceUnavailable",
     "ServiceUnavailableException", "Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"}
)  # fmt: skip
REFUSED: Final = frozenset(
    {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException",
     "ValidationException", "ValidationError", "InvalidParameterValue"}
)  # fmt: skip
BARRED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AccountSuspendedException", "ExpiredToken", "ExpiredTokenException",
     "IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken",
     "NotAuthorized", "NotFoundException", "OptInRequired", "RequestExpired", "SignatureDoesNotMatch",
     "UnrecognizedClientException"}
)  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z0-9_.@-]{1,256}")
_PAUSE: Final = 30.0


@dataclass(frozen=True, slots=True)
class SesSettings:
    """What SES is told. `endpoint` is empty for Amazon's own; `configuration` names a configuration set."""

    region: str
    key: str = ""
    secret: str = field(default="", repr=False)
    endpoint: str = ""
    configuration: str = ""
    connections: int = 10
    connect_timeout: float = 10.0
    read_timeout: float = 60.0


class Ses:
    """The road. One lane for everybody: SES decides what becomes of a letter."""

    def __init__(self, key: str, settings: SesSettings) -> None:
        self.key = key
        self.settings = settings
        self.down_until = 0.0
        self.downs = 0

    def lanes(self, domains: Collection[str]) -> Mapping[str, str | Unroutable]:
        """One lane for everybody."""
        return dict.fromkeys(domains, self.key)

    def open(self, lane: str, loop: "Loop") -> "Runner":
        """Return what carries the letters."""
        return SesLane(lane, self, loop)


class SesLane:
    """Threads that call SES, and the loop's side of them."""

    def __init__(self, name: str, way: Ses, loop: "Loop") -> None:
        self.name = name
        self.way = way
        self._loop = loop
        self._letters: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._ended: deque[tuple[Outcome, bool]] = deque()
        self._under_way: set[int] = set()
        self._threads: list[threading.Thread] = []
        self._client: Any = None
        self._making = threading.Lock()
        loop.listen(self)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def hand_out(self, now: float) -> None:
        """There are letters: give one to each thread that has none."""
        self._settle(now)
        if now < self.way.down_until:
            self._loop.desk.give_up(self.name, Unroutable("returned", "", "Amazon SES cannot be used now"))
            return
        while len(self._under_way) < self._wanted():
            letter = self._loop.desk.take(self.name)
            if letter is None:
                return
            if len(self._threads) < self._wanted():
                self._start()
            # Before it is in another thread's hands: nothing of it can have left yet.
            try:
                self._loop.desk.begin(letter.key)
            except NotBegun as error:
                self._loop.desk.report(Outcome(letter.key, "returned", 0, "", str(error), "connect"))
                return
            self._under_way.add(letter.key)
            self._letters.put(letter)

    def sweep(self, now: float) -> None:
        """Report what has ended."""
        self._settle(now)

    def leave(self, now: float) -> None:
        """Let the threads end once they have nothing in hand."""
        self._settle(now)
        for _ in self._threads:
            self._letters.put(None)
        self._threads.clear()

    def abandon(self) -> None:
        """The process ends: what a thread has in hand may have left."""
        self.leave(self._loop.timer())
        for key in list(self._under_way):
            self._loop.desk.report(Outcome(key, "unknown", 0, "", "the sender stopped", "content"))
        self._under_way.clear()

    def forget(self, session: "Session") -> None:
        """There are no sessions."""

    def _wanted(self) -> int:
        return self.way.settings.connections

    def _settle(self, now: float) -> None:
        while self._ended:
            outcome, usable = self._ended.popleft()
            if outcome.key not in self._under_way:
                continue
            self._under_way.discard(outcome.key)
            if usable:
                self.way.downs = 0
            else:
                self.way.downs += 1
                self.way.down_until = now + min(_PAUSE, 2.0**self.way.downs)
            self._loop.desk.report(outcome)

    # -- in the threads --------------------------------------------------------------------------------------------

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="ses", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (letter := self._letters.get()) is not None:
            self._ended.append(self._try(letter))
            self._loop.wake()

    def _try(self, letter: Letter) -> tuple[Outcome, bool]:
        """Hand a letter over; whatever goes wrong is its outcome, for a thread that dies keeps its letter for ever."""
        try:
            with self._making:
                self._client = self._client or client(self.way.settings)
        except Exception as error:  # nothing has left
            said = str(error) if isinstance(error, Barred) else f"Amazon SES cannot be used: {type(error).__name__}"
            return Outcome(letter.key, "returned", 0, "", said, "connect"), False
        try:
            return hand_over(self._client, letter, self.way.settings), True
        except Barred as error:
            return Outcome(letter.key, "returned", 0, "", str(error), "connect"), False
        except Exception as error:  # it may have left
            said = f"Amazon SES: {type(error).__name__}"
            return Outcome(letter.key, "unknown", 0, "", said, "content"), True


class Barred(Exception):
    """SES could not be reached, or does not take our credentials: nothing has left."""


def client(settings: SesSettings) -> Any:
    """Return boto3's client. Raises Barred where the settings name no region or endpoint it knows."""
    import boto3  # here, because it takes half a second to load and most installations do without
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.session.Session().client(
            "sesv2",
            region_name=settings.region or None,
            endpoint_url=settings.endpoint or None,
            aws_access_key_id=settings.key or None,
            aws_secret_access_key=settings.secret or None,
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=settings.connect_timeout,
                read_timeout=settings.read_timeout,
                max_pool_connections=max(10, settings.connections),
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise Barred(f"Amazon SES cannot be used: {error}") from error


def hand_over(ses: Any, letter: Letter, settings: SesSettings) -> Outcome:
    """Hand one letter to SES and return what became of it. Raises Barred."""
    from botocore import exceptions as said

    asked: dict[str, Any] = {
        "Destination": {"ToAddresses": [letter.recipient]},
        "Content": {"Raw": {"Data": letter.content}},
    }
    token = letter.sender.partition("@")[0]
    if _TOKEN.fullmatch(token):
        asked["EmailTags"] = [{"Name": TAG, "Value": token}]
    if settings.configuration:
        asked["ConfigurationSetName"] = settings.configuration
    try:
        ses.send_email(**asked)
    except said.ClientError as error:
        return _answered(letter, error.response)
    except (said.NoCredentialsError, said.PartialCredentialsError, said.ConnectTimeoutError,
            said.EndpointConnectionError, said.ProxyConnectionError, said.SSLError) as error:  # fmt: skip
        raise Barred(f"no connection to Amazon SES: {type(error).__name__}") from error
    except said.ParamValidationError as error:
        return Outcome(letter.key, "failed", 0, "5.6.0", f"Amazon SES: {without_addresses(str(error))}", "content")
    except (said.BotoCoreError, OSError) as error:
        # The request may have arrived: only SES knows.
        return Outcome(letter.key, "unknown", 0, "", f"Amazon SES did not answer: {type(error).__name__}", "content")
    return Outcome(letter.key, "sent", 250, "", "", "content")


def _answered(letter: Letter, response: Mapping[str, Any]) -> Outcome:
    error = response.get("Error", {})
    code = str(error.get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    words = f"Amazon SES: {code}: {without_addresses(str(error.get('Message', '')), letter.recipient)}"[:200]
    if code in BARRED:
        raise Barred(words)
    if code in REFUSED:
        return Outcome(letter.key, "failed", 550, "5.7.1", words, "content")
    if code in THROTTLED or status in (429, 503):
        return Outcome(letter.key, "deferred", 421, "4.7.0", words, "content")
    if status >= 500:
        return Outcome(letter.key, "unknown", 0, "", words, "content")
    return Outcome(letter.key, "failed", 550, "5.0.0", words, "content")


def quota(settings: SesSettings) -> Mapping[str, Any]:
    """Ask SES about the account: whether it may send, and how much. Raises Barred in words."""
    from botocore import exceptions as said

    try:
        found: Mapping[str, Any] = client(settings).get_account()
    except (said.ClientError, said.BotoCoreError, OSError) as error:
        raise Barred(f"Amazon SES cannot be used: {error}") from error
    return found
