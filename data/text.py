"""Cleaning what people type: whatever script or emoji it is, without what could mislead or break a page."""

from __future__ import annotations

import re
import unicodedata

# Dropped everywhere: controls (C0 but tab and newline, C1), marks that turn the direction of what
# follows, zero-width space and byte-order mark, lone surrogates. Kept: joiners (Persian, emoji
# families) and tag characters (flags).
_DROPPED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
MOST_MARKS = 3  # combining marks on one letter; more is decoration that covers other lines
_INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u2800\u3164\uffa0\ufe00-\ufe0f]"
)

# Letters of other scripts, and digits, that pass for Latin ones at a glance.
_LOOK_ALIKES = str.maketrans(
    {"а": "a", "α": "a", "е": "e", "о": "o", "ο": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i", "ј": "j",
     "ѕ": "s", "ԁ": "d", "ԝ": "w", "ω": "w", "ш": "w", "һ": "h", "т": "t", "τ": "t", "п": "n", "ո": "n",
     "м": "m", "օ": "o", "0": "o", "1": "l", "3": "e", "5": "s", "$": "s", "@": "a", "4": "a", "7": "t"}
)  # fmt: skip


def clean(text: str) -> str:
    """Return text of several lines: NFC, newlines as ``\\n``, no line ends in spaces, one blank line at most.

    Noncharacters (Unicode 15, section 23.7) and what `_DROPPED` names are gone, marks are cut.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(letter for letter in _DROPPED.sub("", text) if not _is_noncharacter(letter))
    text = re.sub(r"[^\S\n]+", " ", _cut_marks(text))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", text)).strip()


def clean_line(text: str) -> str:
    """Return text on one line, such as a name."""
    return " ".join(clean(text).split())


def is_blank(text: str) -> bool:
    """Tell whether nothing would be seen of a text."""
    return not _INVISIBLE.sub("", text)


def looks_like(text: str, name: str) -> bool:
    """Tell whether ``text`` could be taken for ``name``, also in look-alike letters or with marks on them."""
    return _skeleton(name) in _skeleton(text)


def nudges(text: str) -> tuple[str, ...]:
    """Return what in a text may tell who somebody is, in words that complete "It seems to hold …"."""
    return tuple(what for what, pattern in _NUDGES if pattern.search(text))


_NUDGES = (
    ("a telephone number", re.compile(r"(?<!\d)(?:\+?\d[\s().-]?){9,14}\d(?!\d)")),
    ("an e-mail address", re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)),
    ("a web address", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("a full name", re.compile(r"(?:(?<=[a-z,;] )|\b(?:Mr|Mrs|Ms|Dr)\.? )[A-Z][a-z]+ (?:(?:Mc|O['’])?[A-Z][a-z]+)\b")),
    ("a school", re.compile(r"\b[A-Z][\w'’.]+ (?:\w+ )?(?:School|Academy|College|Primary|Nursery|University)\b")),
    (
        "a workplace",
        re.compile(r"\b(?i:works?|working|worked|job|manager|nurse|teacher|doctor) (?i:at|for) (?:the )?[A-Z]\w+"),
    ),
)


def _skeleton(text: str) -> str:
    """Fold a text to what it looks like: no marks, no case, no spaces, look-alikes as Latin letters."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", bare.translate(_LOOK_ALIKES))


def _is_noncharacter(letter: str) -> bool:
    return 0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE


def _cut_marks(text: str) -> str:
    """Drop combining marks beyond `MOST_MARKS` on one letter."""
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)
