"""A fresh site for every test; every page it serves is vetted on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from tests.vet import vet

# How long an example takes says something of the machine, not of the site.
hypothesis.settings.register_profile("site", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("site")

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class VettingClient(FlaskClient):
    """A client that asserts of every HTML answer what must hold for all of them."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        whole = response.data and response.status_code // 100 != 3 and "Content-Encoding" not in response.headers
        if response.mimetype == "text/html" and whole:
            vet(response.text, whole="HX-Fragment" not in response.headers)
        return response


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    """The settings of this test's site; change them before asking for `app`."""
    return {"DATABASE": str(tmp_path / "site.sqlite3"), "SECRET_KEY": "for tests only", "LIMITS": False}


@pytest.fixture
def app(settings: dict[str, object]) -> Flask:
    app = create_app(settings)
    app.test_client_class = VettingClient
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def link(app: Flask) -> str:
    """Return the path of a sign-in link, as the command prints it."""
    printed = app.test_cli_runner().invoke(args=["desk-link"]).output.strip()
    return urlsplit(printed).path


@pytest.fixture
def jo(app: Flask) -> FlaskClient:
    """A client signed in as Jo."""
    client = app.test_client()
    assert client.post(link(app)).status_code == 303
    return client


def soup(response: TestResponse) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(response.text, "html.parser")
