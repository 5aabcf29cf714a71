"""Files as shops export them, of any length, made as they are read."""

import random
from collections.abc import Iterator

HEADER = "E-mail;Jméno;Příjmení;Telefon;Město;Souhlas;Datum souhlasu;Zdroj souhlasu\r\n"
FIRST = ("Jan", "Jiří", "Žofie", "Anna", "Petr", "Lenka", "Šimon", "Ludmila")
LAST = ("Novák", "Dvořáková", "Černý", "Procházková", "Kučera", "Veselá", "Říha")
CITIES = ("Praha", "Brno", "Ostrava", "Žďár nad Sázavou", "Plzeň", "České Budějovice")


def shop_export(rows: int) -> Iterator[bytes]:
    """Yield a file piece by piece: plain addresses, accents, two in three with a telephone number, 1 in 50 invalid.

    The same rows at each call; nobody is in it twice.
    """
    draw = random.Random(7).random
    lines = [HEADER]
    for number in range(rows):
        first, last = FIRST[int(draw() * 8)], LAST[int(draw() * 7)]
        phone = f"+420 601 {int(draw() * 900) + 100} {int(draw() * 900) + 100}" if draw() < 0.66 else ""
        at = "" if draw() < 0.02 else "@"
        day = f"{1 + int(draw() * 28)}. {1 + int(draw() * 12)}. {2019 + int(draw() * 5)} 14:{int(draw() * 50) + 10}"
        city = CITIES[int(draw() * 6)]
        lines.append(f"Zakaznik.{number}{at}mail.example;{first};{last};{phone};{city};ano;{day};e-shop\r\n")
        if len(lines) >= 2000:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()
