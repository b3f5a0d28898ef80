"""Settings: known names only, everything wrong told at once, a secret made once."""

from __future__ import annotations

import re
import stat
import threading
from pathlib import Path

import pytest

from app import SETTINGS, create_app
from views.settings import SettingsError, _secret

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("SITE_DATABASE", str(tmp_path / "kept" / "site.sqlite3"))
    return tmp_path / "kept" / "site.sqlite3"


def test_settings_come_from_the_environment(database, monkeypatch):
    monkeypatch.setenv("SITE_LIMITS", "off")
    monkeypatch.setenv("SITE_SMTP_PORT", "2525")
    monkeypatch.setenv("SITE_SECRET_KEY", "123456")
    config = create_app().config
    assert config["LIMITS"] is False
    assert config["SMTP_PORT"] == 2525
    assert config["SECRET_KEY"] == "123456"
    assert config["DATABASE"] == str(database)


@pytest.mark.parametrize("name", ["SITE_DEBUG", "SITE_WTF_CSRF_ENABLED", "SITE_TESTING", "SITE_MAIL"])
def test_an_unknown_name_refuses_the_start(database, monkeypatch, name):
    monkeypatch.setenv(name, "0")
    with pytest.raises(SettingsError, match=f"{name} is not a setting"):
        create_app()


def test_everything_wrong_is_told_in_one_message(database, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://jo.example")
    monkeypatch.setenv("SITE_LIMITS", "off")
    monkeypatch.setenv("SITE_SMTP_PORT", "many")
    monkeypatch.setenv("SITE_SMTP_SECURITY", "ssl")
    with pytest.raises(SettingsError) as error:
        create_app()
    for name in ("SITE_MAIL_TO", "SITE_SMTP_HOST", "SITE_LIMITS", "SITE_SMTP_PORT", "SITE_SMTP_SECURITY"):
        assert name in str(error.value)


@pytest.mark.parametrize("url", ["jo.example", "https://jo.example/blog", "ftp://jo.example", "http://"])
def test_the_address_must_be_an_address(database, monkeypatch, url):
    monkeypatch.setenv("SITE_URL", url)
    with pytest.raises(SettingsError, match="SITE_URL must be an address"):
        create_app()


def test_production_hardens_cookies_and_hosts(settings):
    settings |= {"URL": "https://jo.example", "MAIL_TO": "jo@jo.example", "SMTP_HOST": "localhost", "LIMITS": True}
    app = create_app(settings)
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-site"
    assert app.config["SESSION_COOKIE_SECURE"]
    client = app.test_client()
    assert client.get("/", base_url="https://jo.example").status_code == 200
    assert client.get("/", base_url="https://evil.example").status_code == 400
    answer = client.get("/", base_url="https://jo.example")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert '<link rel="canonical" href="https://jo.example/">' in answer.text


def test_the_secret_is_made_once_and_for_its_owner_only(database, monkeypatch):
    first = create_app().config["SECRET_KEY"]
    assert len(first) == 64
    assert create_app().config["SECRET_KEY"] == first
    for path in (database.parent / "secret", database):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_workers_that_start_at_once_agree_on_the_secret(tmp_path):
    found: list[str] = []
    start = threading.Barrier(8)

    def worker() -> None:
        start.wait()
        found.append(_secret(tmp_path / "secret"))

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_the_readme_lists_every_setting_and_no_other():
    assert set(re.findall(r"^\| `SITE_(\w+)`", README, re.MULTILINE)) == set(SETTINGS)


def test_mail_is_tried_again_after_growing_pauses_for_days():
    pauses = [int(seconds) for seconds in str(SETTINGS["RETRY_SECONDS"]).split()]
    assert pauses[:3] == [60, 300, 900]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 24 * 60 * 60
    assert sum(pauses) > 3 * 24 * 60 * 60
