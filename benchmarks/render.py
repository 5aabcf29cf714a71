"""How fast the example newsletter compiles and fills: JSON lines, one figure each, on one core.

    python -m benchmarks.render [--short]

Filling is counted in CPU time, so that a busy machine does not blur it. The reference is Python's own e-mail package,
making the same message out of ready text and HTML in the same run; exit code 1 where filling is not `LEAST` times
faster.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from mandata.campaigns.rules.content import Content, Format, Setting
from mandata.delivery.rendering import preview, workshop
from mandata.delivery.rendering.compiled import Compiled, Recipient
from mandata.delivery.rendering.compiler import compile_content
from mandata.foundation.tokens import TokenKeys, mint_many, references

NEWSLETTER = Path(__file__).resolve().parent.parent / "examples" / "newsletter.mjml"
AT = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)
LEAST = 20.0
NAMES = ("Eva", "Jiří", "Đức", "Anna-Marie", "Łukasz", "Žofie", "Jan")


def newsletter() -> tuple[Content, Setting]:
    """Return the example as the demo sends it."""
    source = NEWSLETTER.read_text(encoding="utf-8")
    subject = "{{ first_name | default: 'Hello' }}, the plum cake is back"
    content = Content(Format.MJML, source, subject, "Demo Bakery", "news@news.bakery.example", language="en")
    door = "https://click.bakery.example"
    return content, Setting(
        click=f"{door}/c/",
        open=f"{door}/o/",
        unsubscribe=f"{door}/u/",
        preferences=f"{door}/preferences/",
        web_version=f"{door}/web/",
        message_domain="news.bakery.example",
        list_id="newsletter.bakery.example",
        sender_name="Demo Bakery",
        postal_address="Baker Street 1, 110 00 Prague",
    )


def recipients(count: int) -> list[Recipient]:
    """Return people of many names; one in three lacks a value."""
    return [
        Recipient(
            f"subscriber{number}@freemail.example",
            {
                "first_name": NAMES[number % len(NAMES)],
                "last_name": "Nováková",
                "city": "Hradec Králové" if number % 3 else "",
                "favourite_pastry": "rohlík",
                "orders": number % 9,
            },
        )
        for number in range(count)
    ]


def figures(count: int = 20_000) -> Iterator[dict[str, object]]:
    """Yield the figures: compiling, loading, filling alone, filling with minted tokens."""
    content, setting = newsletter()
    compile_content(content, setting)
    began = time.perf_counter()
    made, facts = compile_content(content, setting)
    yield {"bench": "render.compile", "milliseconds": round((time.perf_counter() - began) * 1e3, 1)}
    workshop.close()
    stored = made.to_bytes()
    began = time.process_time()
    loaded = Compiled.from_bytes(stored)
    yield {"bench": "render.load", "milliseconds": round((time.process_time() - began) * 1e3, 2), "bytes": len(stored)}
    people = recipients(count)
    keys = TokenKeys(1, bytes(range(32)), bytes(range(32, 64)))
    marks = references(keys, [(1, number) for number in range(count)])
    fixed = mint_many(keys, marks[0], loaded.tokens)
    began = time.process_time()
    sizes = [len(loaded.fill(person, fixed, AT)) for person in people]
    spent = time.process_time() - began
    about = {
        "bytes": round(statistics.mean(sizes)),
        "tracked_links": facts.tracked_links,
        "tokens": len(loaded.tokens),
        "merge_fields": len(facts.fields),
        "messages": count,
    }
    filling = spent / count * 1e6
    yield {"bench": "render.fill", "microseconds": round(filling, 1), **about}
    began = time.process_time()
    for person, mark in zip(people, marks, strict=True):
        loaded.fill(person, mint_many(keys, mark, loaded.tokens), AT)
    spent = time.process_time() - began
    yield {"bench": "render.mint_and_fill", "microseconds": round(spent / count * 1e6, 1), **about}
    reference = package(loaded.fill(people[0], fixed, AT), max(20, count // 100))
    ratio = reference / filling
    yield {
        "bench": "render.reference",
        "what": "email.message.EmailMessage, the same message from ready text and HTML",
        "microseconds": round(reference, 1),
        "ratio": round(ratio, 1),
        "least": LEAST,
        "holds": ratio >= LEAST,
    }


def package(message: bytes, count: int) -> float:
    """Return the microseconds of CPU that Python's e-mail package takes to write a message like this one."""
    parts = preview.read(message)
    began = time.process_time()
    for _ in range(count):
        made = EmailMessage()
        for name, value in parts.headers:
            if name not in ("MIME-Version", "Content-Type"):
                made[name] = value
        made.set_content(parts.text, cte="quoted-printable")
        made.add_alternative(parts.html, subtype="html", cte="quoted-printable")
        made.as_bytes()
    return (time.process_time() - began) / count * 1e6


def main() -> int:
    """Print the figures; return whether one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="What CI runs.")
    holds = True
    for figure in figures(2_000 if parser.parse_args().short else 20_000):
        print(json.dumps(figure), flush=True)
        holds = holds and bool(figure.get("holds", True))
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
