"""The desk of assistance in the controller's console."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from mandata.accounts.models import User
from mandata.assistance import selectors
from mandata.assistance.rules import codes
from mandata.infra.tenancy import scope
from tests.world.people import registered

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.mark.req("AST-1")
def test_words_whose_file_is_refused_are_not_kept_and_nobody_is_told_of_them_twice(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, client = registered(), Client()
    client.force_login(User.objects.get(id=house.owner.user_id), backend=BACKEND)
    told = {"desk": "intake", "kind": "law", "title": "A new act", "words": "It holds from May."}
    monkeypatch.setattr(codes, "MAX_FILE", 10)
    large = SimpleUploadedFile("act.pdf", b"%PDF-1.7 and much more")
    assert client.post(reverse("privacy:assistance"), {**told, "file": large}).status_code == 422
    with scope(house.id):
        assert selectors.intakes() == []
    small = SimpleUploadedFile("act.pdf", b"%PDF-1.7")
    assert client.post(reverse("privacy:assistance"), {**told, "file": small}).status_code == 302
    with scope(house.id):
        (one,) = selectors.intakes()
        assert len(one.files) == 1
