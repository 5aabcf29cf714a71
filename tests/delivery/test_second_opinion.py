"""The classifier beside others' judgement: Debian's Sisimai on messages of ours, and labelled real messages.

The labelled messages are no part of the repository; where the folder is there (BOUNCE_CORPUS, by default beside the
checkout), the figures of docs/returns.md are held against it, over a third that was held out while rules were written,
too.
"""

import json
import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mandata.delivery.catcher.reports import delivery_report
from mandata.delivery.rules.bounces import Returned, classify
from mandata.infra.clock import now
from tests.delivery.notices import NOTICES

CORPUS = Path(os.environ.get("BOUNCE_CORPUS") or Path(__file__).parents[3] / "shared" / "corpora" / "bounces")
KINDS = {"vacation": "auto-reply", "feedback": "complaint", "delivered": "delivered"}
SEED = 20261122

REPLIES = """
550 5.1.1 User unknown
550 5.1.1 The email account that you tried to reach does not exist
550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table
550 No such user here
550 5.2.1 The email account that you tried to reach is disabled
550 5.2.1 mailbox is disabled
552 5.2.2 Mailbox is full
452 4.2.2 The email account that you tried to reach is over quota
550 5.2.2 Quota exceeded
552 5.3.4 Message size exceeds fixed maximum message size
552 5.2.3 Message exceeds local size limit
554 5.7.1 Relay access denied
550 5.7.1 Unable to relay
550 5.1.2 Host unknown (Name server: host not found)
550 5.4.4 Host or domain name not found
554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
550 5.7.1 Message rejected as spam by Content Filtering
554 5.7.1 The message was rejected because it contains a virus
550 5.7.1 Recipient not authorized, your IP has been found on a block list
421 4.4.2 Connection timed out
451 4.4.1 timeout
550 5.6.0 Improper use of 8-bit data in message header
554 5.4.6 Too many hops
550 5.1.6 User has moved
556 5.1.10 Recipient address has null MX
550 5.1.8 Sender address rejected: Domain not found
451 4.3.0 Temporary system problem
452 4.3.1 Insufficient system storage
550 5.7.1 Message content rejected due to policy
554 5.3.0 Data format error
"""
ALIKE = {  # newer names of what Sisimai 4.25 called otherwise, and what is a matter of taste between the two
    "authfailure": {"securityerror", "blocked", "policyviolation"},
    "requireptr": {"blocked"},
    "systemerror": {"systemfull", "expired"},
    "systemfull": {"mailboxfull", "systemerror"},
    "spamdetected": {"policyviolation", "contenterror"},
    "networkerror": {"systemerror", "expired"},
    "expired": {"networkerror"},
    "notaccept": {"userunknown", "hostunknown"},
    "suspend": {"filtered"},
    "mesgtoobig": {"exceedlimit"},
    "exceedlimit": {"mesgtoobig"},
}
SCRIPT = """
use strict; use Sisimai; use JSON;
for my $file (@ARGV) {
    my $found = Sisimai->make($file) || [];
    my @rows = map { { reason => $_->reason, hard => ($_->softbounce // -1) == 0 ? \\1 : \\0 } } @$found;
    print JSON->new->canonical->encode({ file => $file, rows => \\@rows }), "\\n";
}
"""


def messages() -> dict[str, bytes]:
    """Notices in words, and a report of our own for each of the replies."""
    made = {f"notice-{number:02}": raw for number, (_name, raw, _reason, _hard) in enumerate(NOTICES)}
    for number, reply in enumerate(REPLIES.strip().splitlines()):
        made[f"report-{number:02}"] = delivery_report(
            host="mx.out.test", sender="v@returns.test", recipient="ann@reader.test", reply=reply, at=now(),
            content=b"From: shop <news@shop.test>\r\nTo: ann@reader.test\r\nSubject: Spring\r\n\r\nHello\r\n",
        )  # fmt: skip
    return made


@pytest.mark.req("DLV-5")
def test_sisimai_sees_the_same_bounces_for_the_same_reasons(tmp_path: Path) -> None:
    made = messages()
    for name, raw in made.items():
        (tmp_path / name).write_bytes(raw)
    files = [str(tmp_path / name) for name in sorted(made)]
    shown = subprocess.run(["perl", "-e", SCRIPT, *files], capture_output=True, text=True, check=True, timeout=120)
    theirs = {Path(one["file"]).name: one["rows"] for one in map(json.loads, shown.stdout.splitlines())}
    same, read, hard, apart = 0, 0, 0, []
    for name, raw in sorted(made.items()):
        ours = classify(raw)
        assert ours.kind == "bounce", name
        if not theirs[name]:
            continue  # it does not know that wording
        read += 1
        mine, other = ours.recipients[0], theirs[name][0]
        alike = other["reason"] in {mine.reason, *ALIKE.get(mine.reason, ())}
        same, hard = same + alike, hard + (mine.hard == other["hard"])
        if not alike:
            apart.append((name, mine.reason, other["reason"]))
    assert read >= 30
    assert same >= 0.85 * read, apart
    assert hard >= 0.9 * read, apart


def _measured(folder: Path, names: list[str], labels: dict[str, list[dict[str, object]]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name in names:
        got = classify((folder / name).read_bytes())
        wanted = KINDS.get(str(labels[name][0]["reason"]), "bounce")
        if wanted != "bounce":
            found["others"] += 1
            found["others_right"] += got.kind == wanted
            found["called_bounces"] += got.kind == "bounce"
            continue
        found["bounces"] += 1
        found["recognised"] += got.kind == "bounce"
        found += _compared(got, labels[name])
    return found


def _compared(got: Returned, labels: list[dict[str, object]]) -> Counter[str]:
    found: Counter[str] = Counter(recipients=len(labels))
    for number, label in enumerate(labels):
        one = got.recipients[number] if number < len(got.recipients) else None
        found["reason"] += one is not None and one.reason == label["reason"]
        found["hard"] += one is not None and one.hard == label["hard"]
    return found


@pytest.mark.req("DLV-5")
@pytest.mark.parametrize(("part", "reasons"), [("all", 0.9), ("held out", 0.85)])
def test_labelled_real_messages_are_judged_as_their_labels_say(part: str, reasons: float) -> None:
    if not (CORPUS / "labels.json").is_file():
        return  # a checkout alone; the figures stand in docs/returns.md
    labels = json.loads((CORPUS / "labels.json").read_text(encoding="utf-8"))
    names = sorted(labels)
    if part == "held out":
        names = random.Random(SEED).sample(names, len(names) // 3)
    found = _measured(CORPUS, names, labels)
    assert found["called_bounces"] == 0, found
    assert found["others_right"] == found["others"], found
    assert found["recognised"] >= 0.97 * found["bounces"], found
    assert found["reason"] >= reasons * found["recipients"], found
    assert found["hard"] >= 0.97 * found["recipients"], found
