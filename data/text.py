"""Cleaning what people type: whatever script or emoji it is, without what could mislead or break a page."""

from __future__ import annotations

import hashlib
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

# What passes for each Latin letter at a glance, once marks and case are gone: Unicode's confusables (UTS 39),
# small capitals, and the digits and signs that stand in for letters.
_LOOK_ALIKES = {
    "a": "4@ɑΑαаᎪᗅᴀꓮ𐊠𖽀",
    "b": "ƅʙΒβвьᏏᏴᑲᖯᗷꓐꞵ𐊂𐊡𐌁",
    "c": "ςсᏟᴄⲥꓚ𐊢𐌂𐐽𐔜",
    "d": "ðđԁᎠᏧᑯᗞᗪᴅꓒꓓ",
    "e": "3əΕεеєҽᎬᴇⴹꓰꬲ𐊆𑣆𑣎",
    "f": "Ϝϝքᖴẝꓝꜰꞙꬵ𐊇𐊥𐔥𑣂",
    "g": "ƍɡɢԍցᏀᏳᶃꓖ",
    "h": "ħʜΗηнһհᎻᏂᕼⲏꓧ𐋏",
    "i": "ıǀɩɪΙιіӏᎥᛁⲓⵏꓲꙇ𐊊𐌉𑣃𖼨",
    "j": "ȷʝϳјᎫᒍᴊꓙ",
    "k": "ΚκкᏦᛕᴋⲕꓗ𐔘",
    "l": "1łʟᏞᒪⳑꓡ𐑃𐔦𑣒𖼖",
    "m": "ΜμϻмᎷᗰᛖᴍⲙꓟ𐊰𐌑",
    "n": "ŋɴΝνпոռⲛꓠ𐔓",
    "o": "0øΟοσоօଠഠဝჿዐᴏᴑⲟⵔꓳꬽ𐊒𐊫𐐬𐓪𐔖𑣈𑣕𑣗",
    "p": "þΡρрᏢᑭᴘⲣꓑ𐊕",
    "q": "ԛգզⵕꞯ",
    "r": "ʀгяᎡᎱᏒᖇᴦⲅꓣꭇꭈ𐓜𖼵",
    "s": "$5ƽѕտᏕᏚꓢꜱ𐊖𐑈𑣁𖼺",
    "t": "7ŧΤτтᎢᴛ†ⲧꓔ𐊗𐊱𐌕𑣜𖼊",
    "u": "ʋυцսሀᑌᴜꓴꞟꭎꭒ𐓶𑣘𖽂",
    "v": "ѵᏙᐯᴠⴸꓦꛟ𐔝𑜆𑣀𖼈",
    "w": "ɯωшщѡԝաᎳᏔᴡꓪ𑜊𑜎𑜏",
    "x": "×Χχхᕁᕽᚷⲭⵝꓫꭓ𐊐𐊴𐌗𐔧",
    "y": "ɣʏΥγуүყᎩᎽᶌỿⲩꓬꭚ𐊲𑣄𖽃",
    "z": "ʐΖζᏃᴢꓜ𑣉",
}  # fmt: skip
_LATIN = str.maketrans(
    {other: letter for letter, others in _LOOK_ALIKES.items() for other in others}
    # White on black, and the halves of flags.
    | {chr(first + n): chr(ord("a") + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)}
)
# Two that pass for one.
_PAIRS = (("vv", "w"), ("()", "o"))
# Letters of these scripts are written beside Latin ones in one word only to mislead.
_LIKE_LATIN = "[\\u0370-\\u03ff\\u0400-\\u058f\\u13a0-\\u13ff]"  # Greek, Cyrillic, Armenian, Cherokee
_MIXED = re.compile(f"[a-z]{_LIKE_LATIN}|{_LIKE_LATIN}[a-z]")
SHORTEST_REPEAT = 20  # letters; below this, two readers may well have written the same


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


def mixes_scripts(text: str) -> bool:
    """Tell whether a word mixes Latin letters with those of another alphabet that look like them."""
    return bool(_MIXED.search(unicodedata.normalize("NFKC", text).casefold()))


def fingerprint(text: str) -> str:
    """Return a mark that two texts share where they look the same; nothing for a text too short to tell."""
    folded = _skeleton(text)
    return hashlib.sha256(folded.encode()).hexdigest()[:32] if len(folded) >= SHORTEST_REPEAT else ""


def reach(address: str) -> str:
    """Return an e-mail address or telephone number written in one way, so that the same is known again.

    Case does not matter in an address; a British number is the same with 0 and with +44 (ITU-T E.164).
    """
    if "@" in address:
        return address.strip().casefold()
    digits = re.sub(r"[^0-9+]", "", address)
    return re.sub(r"^(?:\+|00)44(?:0)?", "0", digits)


def links(text: str) -> int:
    """Count the web addresses in a text, with or without their scheme."""
    return len(_LINK.findall(text))


def has_markup(text: str) -> bool:
    """Tell whether a text links as HTML, BBCode or Markdown do; people write none of them here."""
    return bool(_MARKUP.search(text))


_LINK = re.compile(
    r"(?:https?://|\bwww\.)\S+|(?<![@\w.])(?:[\w-]+\.)+"
    r"(?:com|net|org|info|biz|ru|cn|top|xyz|site|online|shop|club|io|co\.uk)\b(?!@)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<a\s[^>]*href|\[url[=\]]|\[[^\]\n]+\]\(https?:", re.IGNORECASE)


def looks_same(text: str, name: str) -> bool:
    """Tell whether ``text`` is ``name`` and nothing else, also in look-alike letters."""
    return _skeleton(name) == _skeleton(text)


def nudges(text: str) -> tuple[str, ...]:
    """Return what in a text may tell who somebody is, in words that complete "It seems to hold …"."""
    return tuple(what for what, pattern in _NUDGES if pattern.search(text))


_NUDGES = (
    ("a telephone number", re.compile(r"(?<!\d)(?:\+?\d[\s().-]?){9,14}\d(?!\d)")),
    ("an e-mail address", re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)),
    ("a web address", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("a full name", re.compile(r"(?:(?<=[a-z,;] )|\b(?:Mr|Mrs|Ms|Dr)\.? )[A-Z][a-z]+ (?:(?:Mc|O['’])?[A-Z][a-z]+)\b")),
    ("a postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)),
    (
        "a street",
        re.compile(
            r"\b\d{1,4}[a-z]? (?:[A-Z][\w'’]+ ){1,3}"
            r"(?:Street|St|Road|Rd|Lane|Avenue|Close|Drive|Way|Terrace|Gardens|Crescent)\b"
        ),
    ),
    ("a school", re.compile(r"\b[A-Z][\w'’.]+ (?:\w+ )?(?:School|Academy|College|Primary|Nursery|University)\b")),
    (
        "a workplace",
        re.compile(r"\b(?i:works?|working|worked|job|manager|nurse|teacher|doctor) (?i:at|for) (?:the )?[A-Z]\w+"),
    ),
)


def _skeleton(text: str) -> str:
    """Fold a text to what it looks like: no marks, no case, no spaces, look-alikes as Latin letters."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    latin = bare.translate(_LATIN)
    for pair, letter in _PAIRS:
        latin = latin.replace(pair, letter)
    return re.sub(r"[\W_]+", "", latin)


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
