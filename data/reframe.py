"""The reframing engine: what somebody is about to say in, one outcome out. Pure; keeps nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data import safety
from data.content import Source
from data.safety import Safety

OUTCOMES = ("reframed", "open", "support", "build", "decline")
MOVES = ("longing", "us", "invitation", "firm")
LONGEST = 300  # characters; beyond it, it is no longer a phrase
# What the site says beside the phrasebook's lines; neck and baby add to the message of their kind.
MESSAGES = (*safety.KINDS, "neck", "baby", "quiet", "build", "decline")


@dataclass(frozen=True)
class Suggestion:
    """One other way to say it. ``text`` is the words alone, without quotation marks."""

    move: str
    text: str
    from_article: bool = False


@dataclass(frozen=True)
class Mark:
    """Words of the phrase likely to raise the other's guard: offsets as typed, end exclusive."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """What the reader gets: one outcome and what goes with it."""

    outcome: str
    family: str = ""
    topic: str = ""
    sure: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    firmer: Suggestion | None = None
    marks: tuple[Mark, ...] = ()
    note: str = ""
    danger: str = ""
    extra: tuple[str, ...] = ()
    lines: str = ""
    more: bool = False


@dataclass(frozen=True)
class Phrasebook:
    """The words of ``reframe.toml``."""

    chips: tuple[str, ...]
    article: tuple[Suggestion, ...]
    why: str
    feelings: tuple[str, ...]
    messages: Mapping[str, str]
    safety: Safety


def load(path: Path) -> Phrasebook:
    """Read the phrasebook, and the safety rules beside it; raise `ContentError` naming file and line of a fault."""
    source = Source.read(path)
    content = source.toml()
    try:
        article = content["article"]
        return Phrasebook(
            chips=tuple(article["phrases"]),
            article=tuple(
                Suggestion(move, article[move], from_article=True) for move in ("longing", "us", "invitation")
            ),
            why=article["why"],
            feelings=tuple(content["builder"]["feelings"]),
            messages={kind: content["messages"][kind] for kind in MESSAGES},
            safety=safety.load(path.with_name("safety.toml")),
        )
    except KeyError as error:
        raise source.fault(f"lacks {error}") from error


def reframe(book: Phrasebook, phrase: str, turn: int = 0) -> Answer:
    """Return the one answer to a phrase; ``turn`` counts how often another way was asked for."""
    plain = _plain(phrase)
    if rule := book.safety.heard(phrase):
        extra = (book.messages[rule.also],) if rule.also else ()
        return Answer("support", danger=rule.kind, extra=extra)
    words = re.findall(r"[a-z']+", plain)
    if not words or len(phrase) > LONGEST or re.search(r"https?:|www\.|<\w", plain):
        return Answer("decline", note=book.messages["decline"])
    if " ".join(words) in {" ".join(re.findall(r"[a-z']+", _plain(chip))) for chip in book.chips}:
        return Answer("reframed", family="article", suggestions=book.article, note=book.why)
    return Answer("build", note=book.messages["build"])


def danger(book: Phrasebook, text: str) -> str:
    """Return the kind of danger that a text of any length suggests, or nothing."""
    rule = book.safety.heard(text)
    return rule.kind if rule else ""


def compose(book: Phrasebook, happens: str, feeling: str, want: str) -> str:
    """Return the builder's sentence from its three parts, those left empty left out."""
    happens, want = (" ".join(text.split()).rstrip(".,;!") for text in (happens, want))
    happens = re.sub(r"^when\s+", "", happens, flags=re.IGNORECASE)
    want = re.sub(r"^i(?:['’]d| would) like\s+", "", want, flags=re.IGNORECASE)
    feeling = feeling if feeling in book.feelings else ""
    felt = f"I feel {feeling}" if feeling else ""
    first = (
        f"When {_lower(happens)}, {felt}"
        if happens and felt
        else felt or (f"When {_lower(happens)}" if happens else "")
    )
    second = f"I’d like {_lower(want)}" if want else ""
    return " ".join(f"{part}." for part in (first, second) if part)


def pieces(phrase: str, marks: tuple[Mark, ...]) -> Iterator[tuple[str, Mark | None]]:
    """Yield the phrase as typed, cut at its marks: text, and the mark it stands under or None."""
    at = 0
    for mark in sorted(marks, key=lambda mark: mark.start):
        if mark.start > at:
            yield phrase[at : mark.start], None
        yield phrase[mark.start : mark.end], mark
        at = mark.end
    if at < len(phrase):
        yield phrase[at:], None


def _plain(text: str) -> str:
    """Fold a phrase to what the rules read: NFKC, small letters, straight quotes, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return " ".join(text.split())


def _lower(text: str) -> str:
    """Lower the first letter, except of I and I'm."""
    return text if re.match(r"I\b", text) else text[:1].lower() + text[1:]
