"""The help lines of ``support.toml``: who they are for, what to dial, which come first."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from data.content import Source


@dataclass(frozen=True)
class Line:
    """One help line. ``number`` is as it is printed; ``text`` takes messages (starting ``word``)."""

    slug: str
    group: str
    name: str
    who: str
    number: str = ""
    text: str = ""
    word: str = ""
    hours: str = ""
    note: str = ""
    checked: datetime.date | None = None

    @property
    def dial(self) -> str:
        """The number without its spaces, for a ``tel:`` link."""
        return self.number.replace(" ", "")

    @property
    def sms(self) -> str:
        """The ``sms:`` address of RFC 5724, with the word to send where there is one."""
        return f"sms:{self.text.replace(' ', '')}" + (f"?body={self.word}" if self.word else "")


@dataclass(frozen=True)
class Support:
    """Every line, the titles of their groups, and the few to show first for each kind of message."""

    lines: tuple[Line, ...]
    groups: Mapping[str, str]
    first: Mapping[str, tuple[Line, ...]]

    def __getitem__(self, slug: str) -> Line:
        """Return the line of that slug."""
        return next(line for line in self.lines if line.slug == slug)


def load(path: Path) -> Support:
    """Read the lines; raise `ContentError` where one is malformed or unknown."""
    source = Source.read(path)
    content = source.toml()
    groups = {str(group["slug"]): str(group["title"]) for group in content.get("group", [])}
    lines = tuple(_line(source, entry, groups) for entry in content.get("line", []))
    by_slug = {line.slug: line for line in lines}
    if len(by_slug) < len(lines):
        raise source.fault("a slug is there twice")
    first: dict[str, tuple[Line, ...]] = {}
    for kind, slugs in content.get("first", {}).items():
        unknown = [slug for slug in slugs if slug not in by_slug]
        if unknown or len(slugs) < 2:
            raise source.fault(f"{kind} needs two lines or more, all of them below", f"{kind} =")
        first[kind] = tuple(by_slug[slug] for slug in slugs)
    return Support(lines, groups, first)


def _line(source: Source, entry: Mapping[str, object], groups: Mapping[str, str]) -> Line:
    near = f'slug = "{entry.get("slug", "")}"'
    known = {field.name for field in fields(Line)}
    if unknown := set(entry) - known:
        raise source.fault(f"a line has no {', '.join(sorted(unknown))}", near)
    try:
        line = Line(**entry)  # type: ignore[arg-type]
    except TypeError as error:
        raise source.fault("a line needs slug, group, name and who", near) from error
    if line.group not in groups:
        raise source.fault(f"there is no group {line.group!r}", near)
    if not (line.number or line.text):
        raise source.fault(f"{line.name} has neither a number nor a text", near)
    if line.number and not line.dial.isdigit():
        raise source.fault(f"{line.number!r} is not a telephone number", near)
    return line
