# ruff: noqa: E501
"""The reframing engine: what somebody is about to say in, one outcome out. Pure; keeps nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.content import Source

OUTCOMES = ("reframed", "open", "support", "build", "decline")
MOVES = ("longing", "us", "invitation", "firm")
LONGEST = 300  # characters; beyond it, it is no longer a phrase

# Plain danger, by who does what to whom and not by single words. After UK guidance (Women's Aid,
# Respect, Tavistock Relationships): where one partner frightens or controls the other the matter is
# not wording, so there is no suggestion at all.
_HURT = r"(?:hit|hits|hitting|punch\w*|slap\w*|kick\w*|chok\w*|strangl\w*|beat|beats|beating|burn\w*|stab\w*|rap(?:e|es|ed|ing)|threaten\w*)"
DANGER: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("child", rf"\b{_HURT} (?:the|my|our|your|his|her) (?:kid|child|son|daughter|baby|boy|girl)"),
        ("child", r"\bhurting the baby\b"),
        ("crisis", r"\b(?:kill|hurt|harm|cut)(?:ing)? (?:my|your|him|her)self\b|\bsuicid|\bend (?:my life|it all)\b"),
        ("crisis", r"\b(?:want|wish|rather) (?:to die|i was dead|be dead)\b|\bbetter off (?:dead|without me)\b"),
        ("crisis", r"\b(?:i|you|he|she) (?:do ?n.?t|does ?n.?t) want to (?:live|be here|be alive)\b"),
        ("harm", rf"\b(?:you|he|she|they|i)(?:.ll|.ve|.d| will| would| always| sometimes| even)? {_HURT} (?:me|you|him|her)\b(?! (?:at|to|up to) )"),
        ("harm", rf"\b(?:stop|keep|keeps) {_HURT} (?:me|you|him|her)\b"),
        ("harm", r"\b(?:kill|murder|strangle|throttle) (?:you|me) if\b|\bi.?(?:ll| will) kill you\b"),
        ("harm", r"\b(?:my|your|her|his) (?:neck|throat)\b"),
        ("harm", r"\b(?:scare|scares|frighten|frightens|terrify|terrifies) me\b"),
        ("harm", r"\b(?:i.?m|i am) (?:scared|afraid|frightened|terrified) of (?:you|him|her)\b"),
        ("harm", r"\b(?:you.?re|you are|he.?s|she.?s) abusive\b|\bsmashed my\b"),
        ("control", r"\bwo ?n.?t let me (?:see|go|leave|work|have|speak|talk|out)\b"),
        ("control", r"\b(?:not allowed to|ca ?n.?t) (?:see|talk to|go out with) (?:your|my) (?:friends|family|mum|mates|sister)\b"),
        ("control", r"\bsend me your location\b|\b(?:take|takes|took) my (?:money|wages|phone|keys|passport)\b"),
        ("control", r"\bpester\w* me for sex\b|\b(?:force|forces|forced|make|makes|made) me (?:have|to have) sex\b"),
    )
)  # fmt: skip


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


def load(path: Path) -> Phrasebook:
    """Read the phrasebook; raise `ContentError` naming file and line where it is malformed."""
    source = Source.read(path)
    content = source.toml()
    try:
        article = content["article"]
        return Phrasebook(
            tuple(article["phrases"]),
            tuple(Suggestion(move, article[move], from_article=True) for move in ("longing", "us", "invitation")),
            article["why"],
            tuple(content["builder"]["feelings"]),
            {kind: content["messages"][kind] for kind in
             ("harm", "control", "crisis", "child", "quiet", "build", "decline")},
        )  # fmt: skip
    except KeyError as error:
        raise source.fault(f"lacks {error}") from error


def reframe(book: Phrasebook, phrase: str, turn: int = 0) -> Answer:
    """Return the one answer to a phrase; ``turn`` counts how often another way was asked for."""
    plain = _plain(phrase)
    if kind := danger(phrase):
        return Answer("support", danger=kind)
    words = re.findall(r"[a-z']+", plain)
    if not words or len(phrase) > LONGEST or re.search(r"https?:|www\.|<\w", plain):
        return Answer("decline", note=book.messages["decline"])
    if " ".join(words) in {" ".join(re.findall(r"[a-z']+", _plain(chip))) for chip in book.chips}:
        return Answer("reframed", family="article", suggestions=book.article, note=book.why)
    return Answer("build", note=book.messages["build"])


def danger(text: str) -> str:
    """Return the kind of danger that a text of any length suggests, or nothing."""
    plain = _plain(text)
    return next((kind for kind, pattern in DANGER if pattern.search(plain)), "")


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
