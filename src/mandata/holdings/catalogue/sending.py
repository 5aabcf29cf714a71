"""What sending leaves behind: messages, what came back, what was opened and clicked, and the catcher's mails."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.delivery import personal as delivery
from mandata.holdings import opened
from mandata.holdings.catalogue.asking import (
    BY_IDENTITY,
    CONTROLLER,
    FACT,
    LETTER,
    NOT_ACTED_ON,
    WHILE_HELD,
    WHO_SUBSCRIBES,
    address,
    anonymise,
    anonymised,
    by,
    delete,
    deleted,
    found,
    gone,
    known,
)
from mandata.holdings.rules import Description, Place, Reach
from mandata.tracking import personal as tracking

MESSAGES: Final = Place(
    Description(
        key="messages",
        area="delivery",
        name=_("Messages"),
        tables=("delivery_message",),
        category=_("which campaign was sent when, with what result, by the random reference"),
        purpose=_("to send once and to show what became of it"),
        retention=WHILE_HELD,
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the sending itself"),
    ),
    finder=delete(delivery.count_messages),
    exporter=known(opened.messages),
    rectifier=FACT,
    restrictor=BY_IDENTITY,
    eraser=deleted(delivery.delete_messages),
    reach=Reach(*delivery.REACH["messages"]),
)

RETURNS: Final = Place(
    Description(
        key="returns",
        area="delivery",
        name=_("Bounces and complaints"),
        tables=("delivery_return", "delivery_arrival"),
        category=_("what a mail server or a mailbox provider reported about a message"),
        purpose=_("to stop writing to addresses that do not exist and to people who complain"),
        retention=_("without a person, as a statistic, as long as its campaign"),
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the receiving mail server or mailbox provider"),
    ),
    finder=anonymise(delivery.count_returns),
    exporter=known(opened.returns),
    rectifier=FACT,
    restrictor=BY_IDENTITY,
    eraser=anonymised(delivery.anonymise_returns),
    reach=Reach(*delivery.REACH["returns"]),
)

EVENTS: Final = Place(
    Description(
        key="events",
        area="tracking",
        name=_("Opens and clicks"),
        tables=("tracking_event",),
        category=_(
            "opens, clicks and unsubscriptions by the random reference, with the kind of program, the "
            "class of network and its country"
        ),
        purpose=_("to measure what is read"),
        retention=_("without a person, as a statistic, as long as its campaign"),
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the person's mail program or browser"),
    ),
    finder=anonymise(tracking.count_events),
    exporter=known(opened.events),
    rectifier=FACT,
    restrictor=BY_IDENTITY,
    eraser=anonymised(tracking.anonymise_events),
    reach=Reach(*tracking.REACH["events"]),
)

FIRSTS: Final = Place(
    Description(
        key="firsts",
        area="tracking",
        name=_("First acts"),
        tables=("tracking_first",),
        category=_("when a message was first opened, a link first clicked, by the message's number"),
        purpose=_("to count each person once"),
        retention=WHILE_HELD,
        recipients=CONTROLLER,
        subjects=WHO_SUBSCRIBES,
        source=_("the person's mail program or browser"),
    ),
    finder=delete(lambda references: tracking.count_firsts(delivery.numbers(references))),
    exporter=known(opened.firsts),
    rectifier=FACT,
    restrictor=BY_IDENTITY,
    eraser=deleted(lambda references: tracking.delete_firsts(delivery.numbers(references))),
)

CATCHER: Final = Place(
    Description(
        key="catcher",
        area="delivery",
        name=_("Mail catcher"),
        files=("catcher",),
        category=_("whole messages, where the shipped catcher stands in for the recipients' mail servers"),
        purpose=_("to try things out without writing to anybody"),
        retention=_("until the catcher is emptied"),
        recipients=_("who runs the installation"),
        subjects=WHO_SUBSCRIBES,
        source=_("the sending itself"),
    ),
    finder=found(by(address, opened.count_caught)),
    exporter=lambda subject: tuple(opened.caught(subject.address)),
    rectifier=LETTER,
    restrictor=NOT_ACTED_ON,
    eraser=gone(by(address, opened.erase_caught)),
)
