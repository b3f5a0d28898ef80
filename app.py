"""The site of Jo Watson's article: `create_app` puts settings, store, content and views together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

import views
from data import schema
from views import content, logs, sender, settings

# Every setting there is, with its default: SITE_URL in the environment sets URL, and so on. The
# README's table says what each is for. The type of a default is the type of the setting.
SETTINGS: dict[str, str | int | bool] = {
    "URL": "http://127.0.0.1:8000",  # the only source of absolute addresses; https means production
    "DATABASE": "",  # instance/site.sqlite3
    "SECRET_KEY": "",  # made once, beside the database
    "PROXIES": 0,  # how many proxies in front set X-Forwarded-For
    "LIMITS": True,  # off lifts throttles and the earliest time; refused in production
    "MAIL_TO": "",  # Jo's address
    "MAIL_FROM": "",  # MAIL_TO
    "MAIL_CONTENT": "full",  # or "notice": say that something waits, not what it says
    "MAIL_DIGEST": "off",  # each at once; "comments" or "all": these once a day, in one mail
    "MAIL_HOUR": 8,  # when the digest goes, by the clock in London
    "SMTP_HOST": "",  # with none, mail is written to a folder beside the database
    "SMTP_PORT": 587,
    "SMTP_SECURITY": "starttls",  # or "tls" from the first byte, or "none"
    "SMTP_USER": "",
    "SMTP_PASSWORD": "",
    "RETRY_SECONDS": "60 300 900 3600 10800 21600 43200 86400 86400 86400",
    "RETENTION_MONTHS": 12,
    "REPLY_TIME": "",  # such as "within two working days"
    "AWAY": False,
}


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Return the application, its database upgraded.

    Settings are the defaults above, then ``SITE_…`` from the environment, then ``overrides``.
    Raises `settings.SettingsError` naming every wrong or missing setting, and
    `data.content.ContentError` naming file and line of malformed content.
    """
    app = Flask(__name__, static_folder=None)
    settings.load(app, SETTINGS, overrides or {})
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    schema.upgrade(Path(app.config["DATABASE"]))
    content.load(app, Path(app.root_path) / "data")
    views.register(app)
    return app


def served() -> Flask:
    """Return the application as a server runs it: with its log, and the thread that sends the outbox."""
    logs.start()
    app = create_app()
    content.compile_rules(app)
    sender.start(app)
    return app
