"""Make examples/subscribers.csv: what a bakery's shop would export, with everything that such files get wrong.

    python examples/make_subscribers.py [FILE]      without FILE: beside this program

The same seed makes the same bytes on every machine and Python: only `Random.random` is drawn from. Every address lies
under a domain that is reserved for examples (RFC 2606, RFC 6761), so nobody can ever be written to. Local parts that
begin with `bounce5.`, `full5.`, `busy4.`, `dsn.` and `complain.` tell the shipped mail catcher how to behave.
"""

import csv
import io
import random
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

SEED: Final = 20240917
ROWS: Final = 20_000
HEADER: Final = (
    "E-mail",
    "Jméno",
    "Příjmení",
    "Telefon",
    "Město",
    "PSČ",
    "Země",
    "Jazyk",
    "Datum narození",
    "Souhlas",
    "Datum souhlasu",
    "Zdroj souhlasu",
    "Zákazník",
    "Odhlášen",
    "Počet objednávek",
    "Útrata",
    "Oblíbené pečivo",
    "Poznámka",
)

# Prefix of the local part: how many there are, and how the catcher takes them.
SCRIPTED: Final = {
    "bounce5": 260,  # 550 at RCPT: no such mailbox
    "full5": 60,  # 552: mailbox full
    "busy4": 120,  # 451 once or twice, then taken
    "dsn": 120,  # taken, then a delivery report comes back
    "complain": 6,  # taken, then a complaint comes back
}


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


MEN: Final = words(
    "Jan Petr Jiří Pavel Martin Tomáš Jaroslav Miroslav Zdeněk Václav Michal František Jakub Milan Karel Lukáš "
    "David Ondřej Vojtěch Štěpán Šimon Kryštof Matěj Dušan Ľubomír Hans Jürgen Günter Łukasz Wojciech Minh Đức "
    "Oleksandr"
)
WOMEN: Final = words(
    "Jana Marie Eva Hana Anna Lenka Kateřina Lucie Věra Alena Petra Veronika Jaroslava Tereza Martina Michaela "
    "Jitka Helena Zuzana Žofie Růžena Barbora Eliška Ľudmila Renáta Bärbel Jörgine Małgorzata Agnieszka Thu "
    "Hương Olena"
)
SURNAMES: Final = words(
    "Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Marek Pospíšil Hájek Jelínek Král "
    "Růžička Beneš Fiala Sedláček Doležal Zeman Kolář Navrátil Čermák Vaněk Urban Blažek Kříž Kovář Bartoš "
    "Vlček Musil Šimek Polák Konečný Malý Štěpánek Šťastný Řezníček Žák Ďurica Kováč Horváth Müller Schröder "
    "Weiß Kowalski Wiśniewski Wójcik Nguyen Tran Shevchenko"
)
PLACES: Final = (
    ("Praha", "110 00", "CZ", 26),
    ("Brno", "602 00", "CZ", 14),
    ("Ostrava", "702 00", "CZ", 9),
    ("Plzeň", "301 00", "CZ", 7),
    ("Liberec", "460 01", "CZ", 5),
    ("Olomouc", "779 00", "CZ", 5),
    ("České Budějovice", "370 01", "CZ", 5),
    ("Hradec Králové", "500 02", "CZ", 4),
    ("Ústí nad Labem", "400 01", "CZ", 4),
    ("Žďár nad Sázavou", "591 01", "CZ", 3),
    ("Český Krumlov", "381 01", "CZ", 3),
    ("Bratislava", "811 01", "SK", 5),
    ("Košice", "040 01", "SK", 3),
    ("Dresden", "01067", "DE", 3),
    ("Wien", "1010", "AT", 2),
    ("Wrocław", "50-001", "PL", 2),
)
COUNTRY_WORDS: Final = {
    "CZ": ("CZ", "CZ", "CZ", "Česká republika", "Česko", "cz"),
    "SK": ("SK", "SK", "Slovensko"),
    "DE": ("DE", "Německo", "Deutschland"),
    "AT": ("AT", "Rakousko"),
    "PL": ("PL", "Polsko"),
}
DOMAINS: Final = (
    ("mail.example", 30),
    ("post.example", 24),
    ("freemail.example", 14),
    ("example.com", 10),
    ("example.org", 6),
    ("example.net", 5),
    ("kancelar.example", 4),
    ("univerzita.example", 3),
    ("sub.firma.example.com", 3),
    ("pekárna.example", 1),
)
PASTRIES: Final = ("chléb", "rohlík", "koláč", "vánočka", "bábovka", "croissant", "Chléb", "KOLÁČ", "", "", "")
SOURCES: Final = ("e-shop, pokladna", "e-shop, patička", "prodejna", "veletrh", "soutěž na Facebooku")
NOTES: Final = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "stálý zákazník",
    "jen bezlepkové",
    "volat dopoledne; neposílat leták",
)

T = TypeVar("T")


class Shop:
    """Draws customers from one seeded source."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed).random
        self._serial = 0

    def chance(self, share: float) -> bool:
        return self._draw() < share

    def below(self, count: int) -> int:
        return int(self._draw() * count)

    def one(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[T, int]]) -> T:
        place = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            place -= weight
            if place < 0:
                return item
        raise AssertionError("weights are positive")

    def person(self, prefix: str = "") -> dict[str, str]:
        """A customer with a valid address, a basis, and no oddities yet."""
        woman = self.chance(0.57)
        first = self.one(WOMEN if woman else MEN)
        last = self.one(SURNAMES)
        last = feminine(last) if woman else last
        city, postcode, country = self.weighted(
            [((city, postcode, land), weight) for city, postcode, land, weight in PLACES]
        )
        self._serial += 1
        orders = 0 if self.chance(0.3) else 1 + int(12 * self._draw() ** 3)
        consent = self.moment()
        return {
            "E-mail": self.address(first, last, prefix),
            "Jméno": first,
            "Příjmení": last,
            "Telefon": self.telephone(country) if self.chance(0.62) else "",
            "Město": city,
            "PSČ": postcode,
            "Země": self.one(COUNTRY_WORDS[country]),
            "Jazyk": {"CZ": "cs", "SK": "sk", "PL": "pl"}.get(country, "de"),
            "Datum narození": self.birth() if self.chance(0.35) else "",
            "Souhlas": self.one(("ano", "ano", "ano", "Ano", "ANO", "1")),
            "Datum souhlasu": self.one(
                (
                    f"{consent:%d.%m.%Y %H:%M}",
                    f"{consent:%Y-%m-%d %H:%M:%S}",
                    f"{consent.day}. {consent.month}. {consent.year}",
                )
            ),
            "Zdroj souhlasu": self.one(SOURCES),
            "Zákazník": "ano" if orders else "ne",
            "Odhlášen": "",
            "Počet objednávek": str(orders),
            "Útrata": money(sum(80 + self.below(900) for _ in range(orders))),
            "Oblíbené pečivo": self.one(PASTRIES),
            "Poznámka": self.one(NOTES),
        }

    def address(self, first: str, last: str, prefix: str) -> str:
        first, last, number = ascii_of(first), ascii_of(last), self._serial
        local = self.one(
            (f"{first}.{last}{number}", f"{first[:1]}{last}{number}", f"{last}_{first}{number}", f"{last}{number}")
        )
        domain = self.weighted(DOMAINS)
        if prefix:
            return f"{prefix}.{local}@{self.one(('mail.example', 'post.example', 'example.com'))}"
        return f"{local}{'+pekarna' if self.chance(0.01) else ''}@{domain}"

    def telephone(self, country: str) -> str:
        number = f"{self.one('67')}{self.below(10**8):08d}"
        if country == "CZ":
            grouped = f"{number[:3]} {number[3:6]} {number[6:]}"
            return self.one(
                (number, grouped, f"+420{number}", f"+420 {grouped}", f"00420{number}", f"420{number}", "neuvedeno")
            )
        code = {"SK": "+421", "DE": "+49", "AT": "+43", "PL": "+48"}[country]
        return f"{code} {number[:3]} {number[3:6]} {number[6:]}"

    def birth(self) -> str:
        day = datetime(1945, 1, 1) + timedelta(days=self.below(60 * 365))  # noqa: DTZ001 - a date on paper has no zone
        return self.one(
            (
                f"{day:%d.%m.%Y}",
                f"{day.day}.{day.month}.{day.year}",
                f"{day:%Y-%m-%d}",
                "00.00.0000" if self.chance(0.1) else "",
            )
        )

    def moment(self) -> datetime:
        return datetime(2019, 1, 7, 6, 0) + timedelta(minutes=self.below(2_900_000))  # noqa: DTZ001 - the shop's wall clock


def feminine(surname: str) -> str:
    """The surname as Czech women bear it; foreign ones stay."""
    if surname in {"Müller", "Schröder", "Weiß", "Nguyen", "Tran", "Shevchenko", "Wójcik"}:
        return surname
    if surname.endswith(("ý", "ski")):
        return f"{surname[:-1]}á" if surname.endswith("ý") else f"{surname[:-1]}a"
    if surname.endswith(("a", "e")):
        return f"{surname[:-1]}ová"
    return f"{surname[:-2]}ková" if surname.endswith("ek") else f"{surname}ová"


def ascii_of(text: str) -> str:
    """The text without accents, in lower case, as people make addresses of their names."""
    text = text.lower().translate({ord("đ"): "d", ord("ł"): "l", ord("ß"): "ss"})
    return "".join(char for char in unicodedata.normalize("NFKD", text) if char.isascii() and char.isalnum())


def money(crowns: int) -> str:
    """An amount as a Czech shop prints it."""
    return f"{crowns:,}".replace(",", "\u00a0") + ",00" if crowns else "0"


def spoil(shop: Shop, address: str) -> str:
    """An address as people mistype it: none of these is valid."""
    local, _, domain = address.partition("@")
    name, _, top = domain.rpartition(".")
    return shop.one(
        (
            f"{local}{domain}",
            f"{local}@@{domain}",
            f"{local}@{name},{top}",
            f"{local} {domain}",
            f"{local}@{name}",
            f"{local}..x@{domain}",
            f"{local}@{name}..{top}",
            f"{local}@{domain}.",
            f".{local}@{domain}",
            f"{local}@-{domain}",
            f"{local}@obchod.test",
            "nemá e-mail",
            "-",
            "",
        )
    )


def rumple(shop: Shop, address: str) -> str:
    """The same address as another till would write it."""
    local, _, domain = address.partition("@")
    return shop.one(
        (
            address.upper(),
            f"{local.capitalize()}@{domain}",
            f" {address}",
            f"{address} ",
            f"{local}@{domain.upper()}",
            f"mailto:{address}",
        )
    )


def without_consent(shop: Shop, person: dict[str, str]) -> None:
    person.update({"Souhlas": "", "Datum souhlasu": "", "Zdroj souhlasu": "", "Zákazník": shop.one(("", "ne"))})


def customer_only(shop: Shop, person: dict[str, str]) -> None:
    person.update(
        {
            "Souhlas": "",
            "Datum souhlasu": "",
            "Zdroj souhlasu": "",
            "Zákazník": "ano",
            "Počet objednávek": str(1 + shop.below(9)),
        }
    )


def refused(shop: Shop, person: dict[str, str]) -> None:
    person.update({"Souhlas": shop.one(("ne", "Ne", "NE", "0"))})


def undated(shop: Shop, person: dict[str, str]) -> None:
    person["Datum souhlasu"] = shop.one(("", "neznámo", "31.02.2021"))


def left(shop: Shop, person: dict[str, str]) -> None:
    person["Odhlášen"] = shop.one(("ano", "Ano", "1", f"{shop.moment():%d.%m.%Y}"))


def hostile(shop: Shop, person: dict[str, str]) -> None:
    """What a spreadsheet would run, and what would break out of a mail's header."""
    person["Jméno"] = shop.one(
        (
            "=1+1",
            '=HYPERLINK("http://example.com";"klik")',
            "@SUM(1+1)",
            "-2+3",
            "Jan\r\nBcc: vsichni@example.com",
            "{{ 7 | times: 7 }}",
        )
    )


def odd(shop: Shop, person: dict[str, str]) -> None:
    """Names as they are: honest, and hard on programs."""
    person["Jméno"] = shop.one(
        ("Anna-Marie", "Jan „Honza“", 'Petr "Péťa"', "žaneta", "MARTINA", "  Eva", "Nguyễn Thị", "🥐 Míša", "O'Brien")
    )


ODDITIES: Final[tuple[tuple[Callable[[Shop, dict[str, str]], None], int], ...]] = (
    (without_consent, 1_150),
    (customer_only, 1_500),
    (refused, 420),
    (undated, 130),
    (left, 610),
    (hostile, 24),
    (odd, 200),
)


def people(seed: int = SEED, rows: int = ROWS) -> list[dict[str, str]]:
    """All rows, in the order in which the shop exports them."""
    shop = Shop(seed)
    scale = rows / ROWS
    found = [shop.person(prefix) for prefix, count in SCRIPTED.items() for _ in range(int(count * scale))]
    plain = len(found)
    invalid, double = int(480 * scale), int(900 * scale)
    while len(found) < rows - double:
        found.append(shop.person())
    place = plain
    for spoiler, count in ODDITIES:
        for person in found[place : place + int(count * scale)]:
            spoiler(shop, person)
        place += int(count * scale)
    for person in found[place : place + invalid]:
        person["E-mail"] = spoil(shop, person["E-mail"])
    place += invalid
    for person in found[place : place + int(1_900 * scale)]:
        person["E-mail"] = rumple(shop, person["E-mail"])
    untouched = found[place:]
    for _ in range(rows - len(found)):
        twin = dict(shop.one(untouched))
        twin["E-mail"] = rumple(shop, twin["E-mail"].strip().removeprefix("mailto:").lower())
        twin["Telefon"] = ""
        found.append(twin)
    return shuffled(shop, found)


def shuffled(shop: Shop, items: list[T]) -> list[T]:
    """Fisher and Yates, by our own draw."""
    for last in range(len(items) - 1, 0, -1):
        other = shop.below(last + 1)
        items[last], items[other] = items[other], items[last]
    return items


def render(persons: Sequence[dict[str, str]]) -> bytes:
    """The file: UTF-8 with a byte order mark, semicolons, CRLF, as Czech Excel writes it."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(persons)
    return text.getvalue().encode("utf-8-sig")


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("subscribers.csv")
    target.write_bytes(render(people()))


if __name__ == "__main__":
    main()
