"""Who is forgotten: people whose address, name and telephone number nobody else has, one for each fate of a message."""

import random
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.forgetting.spellings import needles

FATES = ("reader", "bounce5", "dsn", "complain", "leaver", "chooser")
"""What becomes of each; three of the words are what the catcher's script reads in an address."""
HEADER = "E-mail;Jméno;Příjmení;Telefon;Město;Souhlas;Datum souhlasu;Zdroj souhlasu;Poznámka"


@dataclass(frozen=True)
class Person:
    """Somebody with everything that identifies a person."""

    fate: str
    email: str
    first: str
    last: str
    phone: str

    @property
    def mailbox(self) -> str:
        """The address as a mail server knows it."""
        local, _at, domain = self.email.partition("@")
        return f"{local}@{domain.encode('idna').decode()}"

    def row(self) -> str:
        """The person's line in a shop's export."""
        note = f"zavolat {self.phone}"
        return f"{self.email};{self.first};{self.last};{self.phone};Brno;ano;2024-03-01 10:00:00;e-shop;{note}"


@dataclass(frozen=True)
class Crowd:
    """People with one mark in all addresses, one in all names, and one series of telephone numbers, so that few needles
    find everybody."""

    mark: str
    surname: str
    series: str
    people: Mapping[str, Person]

    def __getitem__(self, fate: str) -> Person:
        return self.people[fate]

    def rows(self) -> Iterator[str]:
        """Their lines, the reader's twice: the second one is refused."""
        for person in self.people.values():
            yield person.row()
        yield self["reader"].row()

    def needles(self) -> dict[bytes, str]:
        """Everything by which a file could tell of one of them."""
        spaced = f"{self.series[:3]} {self.series[3:6]} {self.series[6:]}"
        fragments = {"address": self.mark, "name": self.surname, "telephone": self.series, "telephone, spaced": spaced}
        whole: dict[str, str] = {}
        for fate, person in self.people.items():
            whole |= {f"address of {fate}": person.email, f"number of {fate}": person.phone.replace(" ", "")}
        return needles(fragments, whole)

    def as_json(self) -> dict[str, dict[str, str]]:
        """What a process of the story is told of them."""
        return {fate: vars(person) for fate, person in self.people.items()}


def crowd(fates: tuple[str, ...] = FATES) -> Crowd:
    """New people, with accents in every name and an address of the reader's in a domain with accents."""
    mark, stem, series = _letters(10), _letters(9), str(random.SystemRandom().randrange(602_000_00, 608_999_99))
    surname = f"Ř{stem}ňová"
    people = {}
    for number, fate in enumerate(fates):
        domain = "žluťoučký-kůň.example" if fate == "reader" else "posta.example"
        first = "Žofie" if fate == "reader" else "Šárka"
        phone = f"+420 {series[:3]} {series[3:6]} {series[6:]}{number}"
        people[fate] = Person(fate, f"{fate}.{mark}@{domain}", first, surname, phone)
    return Crowd(mark, surname, series, people)


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))
