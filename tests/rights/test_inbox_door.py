"""A mail to the inbox address through the real door for incoming mail."""

import smtplib
from email.message import EmailMessage

import pytest

from mandata.delivery.returns import Listener
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.rights import selectors, services
from mandata.rights.models import Case
from tests.holdings.cast import LATER, NOVAK, a_shop
from tests.world import World


@pytest.mark.req("DSR-1")
def test_a_mail_through_the_door_opens_a_case_once_and_other_addresses_are_refused(world: World) -> None:
    shop = a_shop(world)
    message = EmailMessage()
    message["From"], message["Subject"] = NOVAK, "My data"
    message.set_content("What do you hold of me?")
    listener = Listener("127.0.0.1", 0)
    listener.start()
    try:
        with smtplib.SMTP("127.0.0.1", listener.port) as sender:
            for _twice in range(2):
                sender.sendmail(NOVAK, [services.inbox(shop.id)], message.as_bytes())
            assert sender.sendmail(NOVAK, [f"rights+{new_id().hex}@returns.localhost"], message.as_bytes()) == {}
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                sender.sendmail(NOVAK, ["rights+nobody@returns.localhost"], message.as_bytes())
    finally:
        listener.stop()
    with scope(shop.id):
        assert Case.objects.count() == 1
        (row,) = selectors.cases(at=LATER)
        assert (row.kind, row.channel, row.state) == ("unsorted", "email", "received")
