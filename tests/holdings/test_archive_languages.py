"""A copy of somebody's data is in the person's language, with the information of Art. 15(1) GDPR and every category."""

import io
import re
import zipfile

import pytest
from django.utils import translation

from mandata.holdings import selectors as held
from mandata.holdings import services
from mandata.holdings.catalogue import catalogue
from mandata.infra.tenancy import scope
from tests.holdings.cast import LATER, NOVAK, a_person, a_shop
from tests.world import World


def _english(text: str) -> str:
    with translation.override("en"):
        return str(text)


@pytest.mark.req("DSR-5", "DSR-10")
@pytest.mark.parametrize("language", ["cs", "de", "it"])
def test_an_archive_says_everything_in_the_persons_language(world: World, language: str) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    with scope(shop.id):
        content = services.export(subject=held.subject(reference), language=language, at=LATER).content
    page = zipfile.ZipFile(io.BytesIO(content)).read("index.html").decode()
    assert f'lang="{language}"' in page
    with translation.override(language):
        names = [str(place.description.name) for place in catalogue()]
    assert sum(name in page for name in names) > 3, "categories are named"
    left = set()
    for one in (place.description for place in catalogue()):
        for text in (one.name, one.category, one.purpose, one.retention, one.recipients, one.source):
            if text and re.search(rf">\s*{re.escape(_english(str(text)))}\s*<", page):
                left.add(_english(str(text)))
    assert left == set()
