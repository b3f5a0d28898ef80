"""The phrasebook of the reframing widget: reading it, and the lint that every line of it must pass.

``reframe.toml`` holds the lines, ``reframe-rules.toml`` how a phrase is heard, ``safety.toml`` what
suggests danger, ``likeness.txt`` and ``topics.txt`` what the words of all phrases we know speak for. They are read
once, at the start; a fault in one names the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data import likeness, rules, safety, topics
from data.content import Source
from data.likeness import Likeness
from data.rules import Lists, Rules
from data.safety import Safety
from data.topics import Cue, Topics

MOVES = ("longing", "us", "invitation", "firm")
# What the site says beside the phrasebook's lines; neck and baby add to the message of their kind.
MESSAGES = (*safety.KINDS, "neck", "baby", "quiet", "build", "decline", "topic", "start", "open", "limit", "praise")
SCOPE = ("question", "third_party", "confession", "neutral")
OPEN = ("limit", "danger", "low", "praise", "sour", "soft", "hard")
LINES = ("", "partner", "crisis", "care")  # which help lines may stand quietly beneath
LEAST_VARIANTS = 2

Lines = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Suggestion:
    """One other way to say it. ``text`` is the words alone, without quotation marks."""

    move: str
    text: str
    from_article: bool = False


@dataclass(frozen=True)
class Topic:
    """What a phrase can be about, and what can be said about it; topics of one group are one to the reader."""

    name: str
    group: str
    label: str
    thing: str
    things: tuple[tuple[str, tuple[Cue, ...]], ...]
    moves: tuple[str, ...]
    lines: str
    said: Lines

    @property
    def nameable(self) -> tuple[str, ...]:
        """What it can be called within a line; nothing where it has no such name."""
        return (self.thing, *(name for name, _ in self.things)) if self.thing else ()


@dataclass(frozen=True)
class Family:
    """What kind of move a phrase is, and what can be said where the topic is not known or not the point."""

    name: str
    own: bool
    why: str
    moves: tuple[str, ...]
    lines: str
    said: Lines
    about: Lines


@dataclass(frozen=True)
class Reason:
    """Words that raise the guard, as typed, and why."""

    says: re.Pattern[str]
    reason: str


@dataclass(frozen=True)
class Phrasebook:
    """Everything the engine knows."""

    chips: tuple[str, ...]
    article: tuple[Suggestion, ...]
    why: str
    feelings: tuple[str, ...]
    messages: Mapping[str, str]
    safety: Safety
    likeness: Likeness = field(repr=False)
    topics: Mapping[str, Topic]
    families: Mapping[str, Family]
    known: frozenset[str]
    scope: Mapping[str, Rules]
    open: Mapping[str, Rules]
    hears: Lists[str]
    quiet: Lists[str]
    reasons: tuple[Reason, ...]
    about: Topics = field(repr=False)

    def rules(self) -> Iterator[Rules]:
        """Yield every list of rules that a phrase may be tried against."""
        yield self.safety.idioms
        yield self.safety.says.rules
        yield from (*self.scope.values(), *self.open.values())
        yield from (self.hears.rules, self.quiet.rules)

    def compile(self) -> None:
        """Compile every rule, which else is done when it is first tried."""
        for one in self.rules():
            one.compile()

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield every line it can say, filled in: where it stands, its move, its text; the article's not."""
        for topic in self.topics.values():
            for thing in topic.nameable or ("",):
                for move, texts in topic.said.items():
                    yield from ((f"topic {topic.name}", move, text.replace("{thing}", thing)) for text in texts)
        for family in self.families.values():
            for move, texts in family.said.items():
                yield from ((f"family {family.name}", move, text) for text in texts)
            for move, texts in family.about.items():
                for topic in self.topics.values():
                    for thing in topic.nameable:
                        yield from (
                            (f"family {family.name}, about {topic.name}", move, text.replace("{thing}", thing))
                            for text in texts
                        )


# ---- The lint: reframing.md of the design, "What makes a suggestion good", by the numbers there. ----

_START = re.compile(r"(?:I|We)(?:’(?:m|d|ve|ll|re))? |(?:Could|Can) we ")
_FEELING = re.compile(
    r"\b(?:lonely|worried|worn (?:out|down)|angry|hurt|fed up|jealous|sad|anxious|overwhelmed|tense|scared)\b"
)
_VERDICT = re.compile(
    r"\bfeel (?:that|like(?! it\b)|as if|as though)\b|\bfeel(?:ing)? (?:ignored|unheard|abandoned|rejected|"
    r"disrespected|attacked|blamed|unappreciated|used|dismissed|neglected|controlled|judged|criticised|betrayed|"
    r"manipulated|unloved|unwanted|invisible|let down|taken for granted)\b"
)
_ABSOLUTE = re.compile(
    r"\b(?:always|never|constantly|every time|should|ought|why don’t you|narcissis\w*|selfish|lazy|toxic|"
    r"addict|abusive)\b"
)
_YOU = re.compile(
    r"\byou (?<!could you )(?<!when you )(?<!if you )(?<!know you )(?<!where you )"
    r"(?:are|never|always|don’t|didn’t|won’t|can’t|make|made|need|have to|must|ought|just|only|keep|let|"
    r"leave|ignore|forget|refuse|spend|drink|shout|lie)\b"
    r"|\byou’re\b(?<!when you’re)(?<!if you’re)(?<!what you’re)(?<!where you’re)(?<!hear you’re)(?<!know you’re)"
    r"(?<!feel you’re)(?<!till you’re)(?<!while you’re)"
)
_STIFF = re.compile(
    r"\b(?:I am|I have been|we are|we have been|it is|that is|you are)"
    r"(?= (?:a|an|the|so|too|not|very|going|hard|worn|\w+ing)\b)"
    r"|\b(?:do not|cannot|can not|did not|does not|will not|would not|I would|I will|we will|we would)\b"
)
_JARGON = re.compile(
    r"\b(?:would you be willing|my need for|needs? met|hold space|boundar|validat|trigger|attachment|co-?regulat|"
    r"process(?:ing)?\b|unpack|emotionally|vulnerab|communicat|dynamic\b|partner\b)"
)
LEAST_WORDS, MOST_WORDS, MOST_SENTENCES = 6, 25, 2


def lint(line: str, keep: Sequence[str] = ()) -> str:
    """Return the rule of a good suggestion that a line breaks, with its number, or nothing.

    ``keep`` are beginnings of words of which the line must hold one, so that the topic is kept.
    """
    low = line.lower()
    words = re.findall(r"[\w’'-]+", line)
    kept = tuple(word.lower() for word in keep)
    checks = (
        (not _START.match(line), "1: starts from I or we"),
        (len(set(_FEELING.findall(low))) > 1, "2: names one feeling at most"),
        (_VERDICT.search(low), "2: a verdict is not a feeling"),
        (_ABSOLUTE.search(low), "3: no absolute, order, label or diagnosis"),
        (keep and not any(word.startswith(kept) for word in re.findall(r"\w+", low)), "4: keeps the topic"),
        (_YOU.search(low), "6: you is not the subject of a verdict"),
        (not LEAST_WORDS <= len(words) <= MOST_WORDS, f"7: {LEAST_WORDS} to {MOST_WORDS} words"),
        (len(re.findall(r"[.?!](?=[ ”]|$)", line)) > MOST_SENTENCES, f"7: {MOST_SENTENCES} sentences at most"),
        (not re.search(r"[.?!]$", line), "7: ends with a stop"),
        (_STIFF.search(line), "9: contracted, as it is spoken"),
        (_JARGON.search(low), "9: no jargon"),
        (re.search(r"['\"]|\b(\w+) \1\b| {2}", line), "9: well set"),
    )
    return next((rule for broken, rule in checks if broken), "")


# ---- Reading ----


def load(path: Path) -> Phrasebook:
    """Read the phrasebook, and its rules and those of safety beside it; raise `ContentError` naming a fault."""
    source = Source.read(path)
    hearing = Source.read(path.with_name("reframe-rules.toml"))
    content, heard = source.toml(), hearing.toml()
    with hearing.lacking():
        words: Mapping[str, str] = heard["words"]
        scope = {name: rules.read(hearing, heard["scope"][name], words) for name in SCOPE}
        is_open = {name: rules.read(hearing, heard["open"][name], words) for name in OPEN}
        hears = [(name, rules.read(hearing, says, words)) for name, says in heard["families"].items()]
        quiet = [
            (_lines(hearing, {"name": "quiet", **entry}), rules.read(hearing, entry["says"], words))
            for entry in heard["quiet"]
        ]
        reasons = tuple(Reason(_marks(hearing, entry["says"], words), entry["reason"]) for entry in heard["mark"])
    with source.lacking():
        for kind in ("topic", "family"):
            _name_once(source, content[kind])
        article = content["article"]
        book = Phrasebook(
            chips=tuple(article["phrases"]),
            article=tuple(
                Suggestion(move, article[move], from_article=True) for move in ("longing", "us", "invitation")
            ),
            why=article["why"],
            feelings=tuple(content["builder"]["feelings"]),
            messages={kind: content["messages"][kind] for kind in MESSAGES},
            safety=safety.load(path.with_name("safety.toml")),
            likeness=likeness.load(path.with_name("likeness.txt")),
            topics={entry["name"]: _topic(source, entry) for entry in content["topic"]},
            families={entry["name"]: _family(source, entry) for entry in content["family"]},
            known=_known(source, hearing, Source.read(path.with_name("safety.toml"))),
            scope=scope,
            open=is_open,
            hears=Lists(hears),
            quiet=Lists(quiet),
            reasons=reasons,
            about=topics.load(path.with_name("topics.txt"), source, content["topic"]),
        )
    for rule in book.safety.rules:
        if rule.also and rule.also not in book.messages:
            raise source.fault(f"[messages] lacks {rule.also!r}, which a rule of danger adds")
    for name, _ in hears:
        if name not in book.families:
            raise hearing.fault(f"names a family that {path.name} lacks: {name!r}", name)
    _check(source, content, book)
    return book


def _name_once(source: Source, entries: Sequence[Mapping[str, Any]]) -> None:
    names = [entry["name"] for entry in entries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise source.fault(f"has two entries named {twice!r}", f'name = "{twice}"')


def _topic(source: Source, entry: Mapping[str, Any]) -> Topic:
    things = []
    for text in entry.get("things", ()):
        name, _, cues = text.partition(":")
        if not cues.strip():
            raise source.fault(f"a thing is a name, a colon and what names it: {text!r}", text)
        things.append((name, tuple(Cue.read(source, cue.strip(), 1) for cue in cues.split(","))))
    said = {move: tuple(entry[move]) for move in MOVES if move in entry}
    lines = _lines(source, entry, "care" if entry.get("care") else "")
    moves = tuple(entry.get("moves", ()))
    if not set(moves) <= set(said):
        raise source.fault(f"topic {entry['name']!r} offers a move it has no lines for", f'name = "{entry["name"]}"')
    return Topic(
        entry["name"],
        entry.get("group", entry["name"]),
        entry["label"],
        entry.get("thing", ""),
        tuple(things),
        moves,
        lines,
        said,
    )


def _family(source: Source, entry: Mapping[str, Any]) -> Family:
    said = {move: tuple(entry[move]) for move in MOVES if move in entry}
    about = {move: tuple(texts) for move, texts in entry.get("about", {}).items()}
    moves = tuple(entry["moves"])
    if not set(moves) <= set(said):
        raise source.fault(f"family {entry['name']!r} offers a move it has no lines for", f'name = "{entry["name"]}"')
    return Family(entry["name"], entry.get("own", False), entry["why"], moves, _lines(source, entry), said, about)


def _lines(source: Source, entry: Mapping[str, Any], default: str = "") -> str:
    lines = str(entry.get("lines", default))
    if lines not in LINES:
        raise source.fault(f"{entry['name']!r} names help lines that there are none of: {lines!r}", lines)
    return lines


def _known(*sources: Source) -> frozenset[str]:
    """Return every word that the files use: with the common ones, what we know of English."""
    return frozenset(word for source in sources for word in re.findall(r"[a-z]+", source.text.lower()))


def _marks(source: Source, says: Sequence[str], words: Mapping[str, str]) -> re.Pattern[str]:
    youare = "(?:you'?re|you are|ur|u r|(?:s?he)'?s|(?:s?he) is)"
    return rules.whole_words(*rules.written_out(source, says, {**words, "youare": youare}))


def _check(source: Source, content: Mapping[str, Any], book: Phrasebook) -> None:
    """Refuse a line that breaks the lint, naming file, entry and rule, and a move with too few variants."""
    for kind in ("topic", "family"):
        for entry in content[kind]:
            keep = entry.get("keep", "").split()
            things = [entry.get("thing", ""), *(text.partition(":")[0] for text in entry.get("things", ()))]
            for move in MOVES:
                if move in entry and len(entry[move]) < LEAST_VARIANTS:
                    raise source.fault(
                        f"{kind} {entry['name']!r} has one {move} line; two are the least", entry[move][0]
                    )
                for text in entry.get(move, ()):
                    for thing in things if "{thing}" in text else [""]:
                        if rule := lint(text.replace("{thing}", thing), keep):
                            raise source.fault(f"{kind} {entry['name']!r}, {move}, breaks rule {rule}", text)
                for text in entry.get("about", {}).get(move, ()):
                    for topic in book.topics.values():
                        for thing in topic.nameable:
                            if rule := lint(text.replace("{thing}", thing)):
                                what = f"{kind} {entry['name']!r}, about {topic.name}, {move}"
                                raise source.fault(f"{what}, breaks rule {rule}", text)
