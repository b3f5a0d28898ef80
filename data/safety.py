"""Does a text suggest danger, and of which kind? Rules over who does what to whom; never single words.

After UK guidance (Women's Aid, Respect, Tavistock Relationships): where one partner frightens or
controls the other, the matter is not wording, so such words get help lines and no suggestion.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from data.content import Source

LONGEST = 5000  # characters: as much as any form here keeps, so that the time it takes is bounded
KINDS = ("harm", "control", "crisis", "child")

# Short forms and text-speak, each as its plain words; the rules are written once, in those.
_SHORT = {
    "u": "you", "ur": "your", "r": "are", "im": "i am", "ive": "i have", "id": "i would", "dont": "do not",
    "cant": "can not", "cannot": "can not", "wont": "will not", "didnt": "did not", "doesnt": "does not",
    "isnt": "is not", "wasnt": "was not", "wouldnt": "would not", "couldnt": "could not",
    "shouldnt": "should not", "havent": "have not", "hasnt": "has not", "arent": "are not",
    "werent": "were not", "youre": "you are", "youve": "you have", "youll": "you will", "youd": "you would",
    "theyre": "they are", "hes": "he is", "shes": "she is", "thats": "that is", "whats": "what is",
    "gonna": "going to", "gotta": "got to", "wanna": "want to", "gunna": "going to", "hubby": "husband",
    "bf": "boyfriend", "gf": "girlfriend", "mom": "mum", "cos": "because", "coz": "because", "cuz": "because",
    "tho": "though", "thru": "through", "abt": "about", "pls": "please", "plz": "please", "anymore": "any more",
    "alot": "a lot", "hubbys": "husband", "ain't": "is not", "aint": "is not", "let's": "let us",
    "lets": "lets", "ya": "you", "yous": "you", "em": "them",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"\bcan't\b"), "can not"), (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bshan't\b"), "shall not"),
    (re.compile(r"n't\b"), " not"), (re.compile(r"'re\b"), " are"), (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"), (re.compile(r"'m\b"), " am"), (re.compile(r"'d\b"), " would"),
    (re.compile(r"\b(he|she|it|that|what|who|where|there|here|how|everything|nothing|everyone)'s\b"), r"\1 is"),
)  # fmt: skip
# Swearing and fillers that only add heat.
_SILENT = re.compile(
    r"\b(?:fuck(?:ing|in|en)?|f\*+(?:ing)?|bloody|sodding|frigging|freaking|flipping|effing|damn|goddamn|literally|basically"
    r"|actually|honestly|seriously|really|just|like totally|lol|tbh|omg|ffs|pls|please)\b ?"
)  # fmt: skip
_QUOTES = str.maketrans("’‘ʼ`´′＇", "'" * 7)


@dataclass(frozen=True)
class Rule:
    """One kind of danger: what says so, and the name of a sentence to add to its message."""

    kind: str
    also: str
    says: re.Pattern[str]
    hears: tuple[str, ...]
    spares: tuple[str, ...]


@dataclass(frozen=True)
class Safety:
    """Every rule, in the order they are tried, and the idioms that are taken out first."""

    idioms: re.Pattern[str]
    rules: tuple[Rule, ...]

    def heard(self, text: str) -> Rule | None:
        """Return the first rule that a text meets, or None; `LONGEST` characters of it are read."""
        reading = self.idioms.sub("~", plain(text[:LONGEST]))
        return next((rule for rule in self.rules if rule.says.search(reading)), None)


def load(path: Path) -> Safety:
    """Read the rules; raise `ContentError` where one is malformed."""
    source = Source.read(path)
    content = source.toml()
    words: Mapping[str, str] = content.get("words", {})
    rules: list[Rule] = []
    for entry in content.get("danger", []):
        near = str((entry.get("says") or [""])[0])[:40]
        if entry.get("kind") not in KINDS:
            raise source.fault(f"a kind of danger is one of {', '.join(KINDS)}", near)
        rules.append(
            Rule(
                entry["kind"],
                str(entry.get("also", "")),
                _compile(source, entry["says"], words),
                tuple(entry.get("hears", ())),
                tuple(entry.get("spares", ())),
            )
        )
    if not rules:
        raise source.fault("holds no [[danger]]")
    return Safety(_compile(source, content.get("idioms", {}).get("says", ["~"]), words), tuple(rules))


def plain(text: str) -> str:
    """Return a text as the rules read it: small letters, short forms written out, stops standing alone."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    for ending, full in _ENDINGS:
        text = ending.sub(full, text)
    text = re.sub(r"([a-z])\1{2,}", r"\1\1", text)
    text = " ".join(_SHORT.get(word, word) for word in re.findall(r"[a-z]+(?:'[a-z]+)?|\d+[a-z]*|[.!?,;:\n]", text))
    text = re.sub(r"'s\b", "s", text).replace("'", "")
    return re.sub(r"[;:]", ",", _SILENT.sub("", text)).strip()


def _compile(source: Source, says: Any, words: Mapping[str, str]) -> re.Pattern[str]:
    """Return one pattern for a list of rules in the notation that the file explains."""
    parts: list[str] = []
    for rule in says:
        pattern = str(rule)
        for _ in range(5):  # a list of words may name another
            pattern = re.sub(r"\{(\w+)([?*]?)\}", partial(_named, source, words), pattern)
        parts.append(pattern.replace(" ... ", r" (?:[a-z0-9]+ ){0,4}"))
    try:
        return re.compile(r"\b(?:" + "|".join(parts) + r")(?!\w)")
    except re.error:
        # Which one it is costs as much again as compiling them all, so it is asked only where one is wrong.
        for rule, pattern in zip(says, parts, strict=True):
            try:
                re.compile(pattern)
            except re.error as error:
                raise source.fault(f"is not a rule: {error}", str(rule)[:40]) from error
        raise


def _named(source: Source, words: Mapping[str, str], found: re.Match[str]) -> str:
    """Return the words that ``{name}`` stands for, as part of a pattern."""
    name, many = found.groups()
    if name.isdigit():
        return found[0]  # a number of times, as regular expressions write it
    if name not in words:
        raise source.fault(f"there are no words named {name!r}", found[0])
    return {"": f"(?:{words[name]})", "?": f"(?:(?:{words[name]}) )?", "*": f"(?:(?:{words[name]}) ){{0,3}}"}[many]
