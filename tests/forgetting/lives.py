"""Everything that a person can touch, in one installation: the story that is told before anybody is forgotten."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from smtplib import SMTP
from typing import Any

from mandata.delivery.catcher.reports import complaint, delivery_report
from mandata.infra.clock import now
from mandata.public.door import QUIET_SECONDS
from tests.forgetting.installation import Installation, eventually
from tests.forgetting.people import HEADER, Crowd
from tests.forgetting.web import Answer, Browser, Letter, letters, mailed

_MESSAGE = """<mjml lang="en"><mj-body><mj-section><mj-column><mj-text>
Good morning {{ first_name }} {{ last_name }}, you are {{ email }} and answer to {{ phone }}.
<a href="https://bakery.example/rye">Rye</a> <a href="{{ unsubscribe_url }}">Leave</a>
<a href="{{ preferences_url }}">Choose</a> <a href="{{ web_version_url }}">See</a> {{ postal_address }}
</mj-text></mj-column></mj-section></mj-body></mjml>"""


@dataclass
class Lives:
    """Who lives in an installation, and what they and its people do there."""

    installation: Installation
    gone: Crowd
    staying: Crowd
    told: dict[str, Any] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)

    @property
    def controller(self) -> str:
        """The bakery's id."""
        return str(self.told["controller"])

    def begin(self) -> None:
        """A file is imported, a campaign is sent, and a second file waits."""
        here = self.installation
        examples = here.folder.parent / f"{here.folder.name}-examples"
        examples.mkdir()
        rows = [HEADER, *self.gone.rows(), *self.staying.rows()]
        (examples / "newsletter.mjml").write_text(_MESSAGE)
        (examples / "subscribers.csv").write_text("\n".join(rows))
        self.told = here.story("begin", var=str(here.var), examples=str(examples))
        (examples / "waiting.csv").write_text("\n".join(rows), encoding="cp1250", errors="replace")
        given = {name: self.told[name] for name in ("controller", "list", "officer")}
        here.story("upload", file=str(examples / "waiting.csv"), **given)
        for path in sorted(examples.iterdir()):
            path.unlink()
        examples.rmdir()
        everybody = [*self.gone.people.values(), *self.staying.people.values()]
        self.senders = {one["recipient"]: one["sender"] for one in here.catcher.messages()}
        self.letters = {one.email: letter for one in everybody for letter in letters(here.catcher, one.mailbox)}

    def react(self) -> None:
        """They open, click, look at the message, choose, leave, complain; reports of what came back are taken in."""
        here, door = self.installation, self.door()
        time.sleep(QUIET_SECONDS + 0.5)  # who fetches a message in its first seconds is taken for a machine
        for person in (*self.gone.people.values(), *self.staying.people.values()):
            letter = self.letters.get(person.email)
            if letter is None:
                continue
            assert door.get(letter.opened).status == 200
            assert door.get(letter.links[0]).status == 302
            assert person.last in Browser(self.base("track")).get(letter.view).text
        chooser = self.letters[self.gone["chooser"].email]
        assert self.go(chooser.choose, "list", self.told["list"]).status == 200
        assert self.go(self.letters[self.gone["leaver"].email].leave).status == 200
        given = {name: self.told[name] for name in ("controller", "campaign")}
        eventually(lambda: here.story("figures", **given)["opens"] >= len(self.letters), "the opens")
        wanted = {"bounce", "complaint"}
        eventually(lambda: wanted <= set(here.story("came_back", **given)), "reports and complaints")
        eventually(lambda: here.story("figures", **given)["left"] >= 1, "the unsubscription")

    def go(self, path: str, *pair: str) -> Answer:
        """Follow a link of a message to its page and press the button there."""
        visitor = Browser(self.base("track"))
        page = visitor.get(path).url
        return visitor.post(page, **{pair[0]: pair[1]} if pair else {})

    def ask(self, kind: str, fate: str) -> str:
        """Somebody asks for something by the portal and confirms it by the mailed link; return the case's page."""
        here, person = self.installation, self.gone[fate]
        visitor, portal = Browser(self.base("web")), f"/rights/{self.controller}/"
        words = f"Jsem {person.first} {person.last}, volejte {person.phone} nebo pište na {person.email}."
        name, before = f"{person.first} {person.last}", mailed(here.catcher, person.mailbox, "confirm")
        assert visitor.post(portal, kind=kind, email=person.email, name=name, words=words).status == 200
        eventually(lambda: mailed(here.catcher, person.mailbox, "confirm") != before, "the mail to confirm")
        assert visitor.post(mailed(here.catcher, person.mailbox, "confirm")).status == 200
        return _paths(self.officer().get("/privacy/requests/").text, "/privacy/requests/")[0]

    def answer(self, case: str, **values: str) -> None:
        """The officer looks who it is, and answers."""
        officer = self.officer()
        assert officer.post(f"{case}person/", form=case).status == 200
        assert officer.post(f"{case}answer/", form=case, **values).status == 200

    def fetch(self, fate: str) -> bytes:
        """Somebody fetches the copy that was asked for."""
        here, person = self.installation, self.gone[fate]
        eventually(lambda: mailed(here.catcher, person.mailbox, "answer"), "the mail with the answer")
        return Browser(self.base("web")).post(mailed(here.catcher, person.mailbox, "answer")).body

    def work(self) -> None:
        """Members look people up, show, add, correct, restrict, suppress and export them."""
        member, person = self.member("owner"), self.gone["reader"]
        for sought in (person.email, person.phone, person.last):
            assert member.post("/audience/find/", form="/audience/", q=sought).status in (200, 422), sought
        assert member.post("/audience/show/", form="/audience/").status == 200
        page = _paths(member.post("/audience/find/", form="/audience/", q=person.email).text, "/audience/people/")[0]
        assert member.post(f"{page}identity/", form=page).status == 200
        assert member.post(f"{page}correct/", form=page, last_name=person.last, city="Olomouc").status == 200
        exported = member.post(f"/audience/lists/{self.told['list']}/export.csv", form="/audience/lists/")
        assert person.email.encode() in exported.body
        complained = self.gone["complain"]
        member.post("/sending/suppression/look-up/", form="/sending/suppression/", address=complained.email)

    def erase(self, *fates: str) -> None:
        """The controller erases some of them."""
        addresses = [self.gone[fate].email for fate in fates]
        given = {"controller": self.controller, "officer": self.told["officer"]}
        assert self.installation.story("erase", addresses=addresses, **given) == len(fates)

    def late(self, fate: str) -> None:
        """A delivery report and a complaint about somebody's message arrive, with the address in the clear."""
        mailbox = self.gone[fate].mailbox
        told: dict[str, Any] = {
            "host": "mx.posta.example",
            "sender": self.senders[mailbox],
            "recipient": mailbox,
            "at": now(),
        }
        content = f"From: hello@news.bakery.example\r\nTo: {mailbox}\r\nSubject: x\r\n\r\n".encode()
        host, port = self.installation.ports["returns"].split(":")
        with SMTP(host, int(port), timeout=30) as returns:
            for report in (delivery_report(reply="550 5.1.1 No such user", content=content, **told),
                           complaint(content=content, **told)):  # fmt: skip
                returns.sendmail("", [self.senders[mailbox]], report)

    def held(self) -> dict[str, dict[str, int]]:
        """What an erasure would touch of each: fate -> holding -> how many."""
        addresses = {person.email: fate for fate, person in self.gone.people.items()}
        found = self.installation.story("held", controller=self.controller, addresses=list(addresses))
        return {addresses[address]: counts for address, counts in found.items()}

    def unsealed(self) -> list[str]:
        """The tables in which something sealed tells of one of them to whoever has all the installation's keys."""
        marks = [self.gone.mark, self.gone.surname, self.gone.series]
        url = self.installation.urls.superuser
        found: list[str] = self.installation.story("unsealed", controller=self.controller, url=url, marks=marks)
        return found

    def door(self) -> Browser:
        """A mail program at the tracking door, which stays where it is sent."""
        return Browser(self.base("track"), follow=False)

    def officer(self) -> Browser:
        """The privacy officer, logged in."""
        return self.member("privacy_officer")

    def member(self, role: str) -> Browser:
        """Somebody of the bakery, logged in."""
        browser = Browser(self.base("web"))
        browser.log_in(*self.told["logins"][role])
        return browser

    def base(self, place: str) -> str:
        """Where something is served."""
        return f"http://{self.installation.ports[place]}"

    def scratch(self) -> Path:
        """A folder of the test's own, outside of the installation's."""
        return self.installation.folder.parent


def _paths(text: str, start: str) -> list[str]:
    """The addresses of things below a path, as they stand on a page, each once."""
    import re

    found = re.findall(rf'href="({re.escape(start)}[0-9a-f-]{{36}}/)"', text)
    return list(dict.fromkeys(found))
