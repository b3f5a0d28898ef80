"""What can be set, read once at the start; anything unknown or missing stops it, all in one message."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

PREFIX = "SITE_"
CHOICES = {
    "MAIL_CONTENT": ("full", "notice"),
    "MAIL_DIGEST": ("off", "comments", "all"),
    "SMTP_SECURITY": ("starttls", "tls", "none"),
}
SWITCH = {"on": True, "off": False}


class SettingsError(ValueError):
    """Settings the site cannot start with; the message names every one that is wrong."""


def load(app: Flask, defaults: Mapping[str, str | int | bool], overrides: Mapping[str, object]) -> None:
    """Set ``app.config`` from the defaults, the environment's ``SITE_…`` names and ``overrides``.

    Raises `SettingsError`. Only names in ``defaults`` are taken from the environment: plainly loaded,
    SITE_DEBUG would turn debugging on and an empty SITE_WTF_CSRF_ENABLED would turn protection off.
    """
    wrong: list[str] = []
    app.config.from_mapping(defaults)
    for name, text in sorted(os.environ.items()):
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX)
        if key not in defaults:
            wrong.append(f"{name} is not a setting")
            continue
        try:
            app.config[key] = _parse(text.strip(), defaults[key])
        except ValueError as error:
            wrong.append(f"{name} {error}")
    app.config.from_mapping(overrides)
    config = app.config

    for key, choices in CHOICES.items():
        if config[key] not in choices:
            wrong.append(f"{PREFIX}{key} must be one of {', '.join(choices)}")
    if not all(word.isdigit() for word in config["RETRY_SECONDS"].split()) or not config["RETRY_SECONDS"]:
        wrong.append(f"{PREFIX}RETRY_SECONDS must be whole seconds with spaces between")
    if config["MAIL_HOUR"] > 23:
        wrong.append(f"{PREFIX}MAIL_HOUR must be an hour from 0 to 23")
    config["URL"] = config["URL"].rstrip("/")
    url = urlsplit(config["URL"])
    if url.scheme not in ("http", "https") or not url.hostname or url.path or url.query:
        wrong.append(f"{PREFIX}URL must be an address such as https://www.example.org, without a path")
    production = config["PRODUCTION"] = url.scheme == "https"
    if production:
        wrong += [f"{PREFIX}{key} must be set in production" for key in ("MAIL_TO", "SMTP_HOST") if not config[key]]
        if not config["LIMITS"]:
            wrong.append(f"{PREFIX}LIMITS may not be off in production")
    wrong += [
        f"{PREFIX}{key} must be an e-mail address"
        for key in ("MAIL_TO", "MAIL_FROM")
        if config[key] and not _is_address(config[key])
    ]
    if wrong:
        raise SettingsError("; ".join(wrong))

    config["MAIL_FROM"] = config["MAIL_FROM"] or config["MAIL_TO"]
    database = Path(config["DATABASE"] or Path(app.instance_path) / "site.sqlite3").absolute()
    database.parent.mkdir(parents=True, exist_ok=True)
    config["DATABASE"] = str(database)
    config["SECRET_KEY"] = config["SECRET_KEY"] or _secret(database.parent / "secret")
    config.update(
        # FLASK_DEBUG in the environment would have faults go past our own pages; nothing here turns it on.
        DEBUG=False,
        # Bodies: 64 KiB and 50 fields are several times what the longest form can hold.
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        TRUSTED_HOSTS=[url.netloc] if production else None,
        SESSION_COOKIE_NAME="__Host-site" if production else "site",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Only the desk's session lasts; refreshed on every answer it would put a cookie on kept pages.
        PERMANENT_SESSION_LIFETIME=30 * 24 * 60 * 60,
        SESSION_REFRESH_EACH_REQUEST=False,
        # The guard refuses cross-site posts itself; readers whose browser sends no Referer may write.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = Sessions()


class Sessions(SecureCookieSessionInterface):
    """Flask's own, whose signer is made once and not anew for every request."""

    signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs this application's sessions."""
        self.signer = self.signer or super().get_signing_serializer(app)
        return self.signer


def _parse(text: str, default: str | int | bool) -> str | int | bool:
    """Return ``text`` as the type of ``default``; raise `ValueError` saying what it must be."""
    if isinstance(default, bool):
        if text.lower() not in SWITCH:
            raise ValueError("must be on or off")
        return SWITCH[text.lower()]
    if isinstance(default, int):
        if not text.isdigit():
            raise ValueError("must be a whole number")
        return int(text)
    return text


def _is_address(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email  # its tables take long to read

    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True


def _secret(path: Path) -> str:
    """Return the secret kept at ``path``, making it on the first start.

    Written whole to a file of its own and then linked, so that of several workers starting at once
    all get the one that was linked first, and a crash leaves either none or a whole one.
    """
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
    finally:
        os.unlink(made)
    return path.read_text(encoding="ascii")
