"""Dates as a British reader writes them; absolute, since a kept page grows old."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from flask import Flask

LONDON = ZoneInfo("Europe/London")


def register(app: Flask) -> None:
    """Give templates the filters ``date``, ``day``, ``moment`` and ``iso``; each takes Unix seconds."""
    app.add_template_filter(date)
    app.add_template_filter(day)
    app.add_template_filter(moment)
    app.add_template_filter(iso)


def date(seconds: int) -> str:
    """Return a day, such as ``14 May 2026``."""
    then = datetime.datetime.fromtimestamp(seconds, LONDON)
    return f"{then.day} {then:%B %Y}"


def day(seconds: int) -> str:
    """Return a day as machines read it, such as ``2026-05-14``: no more than is shown."""
    return datetime.datetime.fromtimestamp(seconds, LONDON).date().isoformat()


def moment(seconds: int) -> str:
    """Return a day and a time, such as ``14 May 2026, 21:05``."""
    return f"{date(seconds)}, {datetime.datetime.fromtimestamp(seconds, LONDON):%H:%M}"


def iso(seconds: int) -> str:
    """Return a time as RFC 3339 writes it, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
