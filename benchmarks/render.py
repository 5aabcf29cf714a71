"""How fast the example newsletter compiles and fills: JSON lines, one figure each, on one core.

python benchmarks/render.py [messages]
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mandata.campaigns.rules.content import Content, Format, Setting
from mandata.delivery.rendering import workshop
from mandata.delivery.rendering.compiled import Compiled, Recipient
from mandata.delivery.rendering.compiler import compile_content
from mandata.foundation.tokens import TokenKeys, mint_many, references

NEWSLETTER = Path(__file__).resolve().parent.parent / "examples" / "newsletter.mjml"
AT = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)
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
    began = time.perf_counter()
    loaded = Compiled.from_bytes(stored)
    yield {"bench": "render.load", "milliseconds": round((time.perf_counter() - began) * 1e3, 2), "bytes": len(stored)}
    people = recipients(count)
    keys = TokenKeys(1, bytes(range(32)), bytes(range(32, 64)))
    marks = references(keys, [(1, number) for number in range(count)])
    fixed = mint_many(keys, marks[0], loaded.tokens)
    began = time.perf_counter()
    sizes = [len(loaded.fill(person, fixed, AT)) for person in people]
    spent = time.perf_counter() - began
    about = {
        "bytes": round(statistics.mean(sizes)),
        "tracked_links": facts.tracked_links,
        "tokens": len(loaded.tokens),
        "merge_fields": len(facts.fields),
        "messages": count,
    }
    yield {"bench": "render.fill", "microseconds": round(spent / count * 1e6, 1), **about}
    began = time.perf_counter()
    for person, mark in zip(people, marks, strict=True):
        loaded.fill(person, mint_many(keys, mark, loaded.tokens), AT)
    spent = time.perf_counter() - began
    yield {"bench": "render.mint_and_fill", "microseconds": round(spent / count * 1e6, 1), **about}


def main() -> None:
    """Print the figures."""
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000):
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
