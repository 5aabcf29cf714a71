"""Tables of delivery: what is sent (`messages`), by which names (`domains`) and ways (`roads`), within which limits
(`limits`), and what comes back (`returns`)."""

from mandata.delivery.models.domains import Account, Challenge, Claim, Domain, Host, Key, Watch
from mandata.delivery.models.limits import Hold, Lane, Provider, Rule, Warmup
from mandata.delivery.models.messages import MESSAGE_STATES, Chunk, Counter, Flow, Message, Pace, Reason, Worker
from mandata.delivery.models.returns import Alarm, Arrival, Return, Waiting
from mandata.delivery.models.roads import Pool, Source, Transport

__all__ = [
    "MESSAGE_STATES",
    "Account",
    "Alarm",
    "Arrival",
    "Challenge",
    "Chunk",
    "Claim",
    "Counter",
    "Domain",
    "Flow",
    "Hold",
    "Host",
    "Key",
    "Lane",
    "Message",
    "Pace",
    "Pool",
    "Provider",
    "Reason",
    "Return",
    "Rule",
    "Source",
    "Transport",
    "Waiting",
    "Warmup",
    "Watch",
    "Worker",
]
