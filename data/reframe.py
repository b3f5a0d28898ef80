"""The reframing engine: what somebody is about to say in, one outcome out. Pure; keeps nothing.

Normalise, safety, scope, what is open already, family by topic, compose. Each step that cannot tell
hands on to the next: family and topic, family alone, the builder. What the rules say is then held against
what all phrases we know say of these words (`likeness`). No part of what was typed is ever spliced into a
suggestion; only the builder puts the reader's own parts together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data import likeness
from data.phrasebook import LEAST_VARIANTS, Family, Phrasebook, Suggestion, Topic, load
from data.plain import QUOTES, Reading, is_english, plain
from data.safety import LONGEST_TEXT

__all__ = ["Answer", "Mark", "Phrasebook", "Suggestion", "compose", "danger", "load", "pieces", "recheck", "reframe"]

OUTCOMES = ("reframed", "open", "support", "build", "decline")
LONGEST_PHRASE = 300  # characters; beyond it, it is no longer a phrase
MOST_MARKS = 4
# Points by which another outcome must lead, in what the words are like, the one that the rules gave (20: odds of e).
# So many as had most of some 3,000 phrases right that neither the rules nor the points had met.
LEADS = {"reframed": 20, "open": 40, "build": 50}
PRAISE = 100  # the same, where a rule hears praise
UNSURE = 20  # points by which there being no danger may lead, and danger is possible all the same
QUESTION = 130  # the same, where a rule says that it is a question to the site
# Somebody who does, is or has something: whoever writes that here, and nothing gentle, mostly complains of it.
_DOES = re.compile(
    r"\b(?:you|he|she) "
    r"(?!(?:at|in|for|to|with|and|or|on|about|from|later|tonight|tomorrow|know|guys?|all|two|lot)\b)[a-z]"
)
_SOMEBODY = re.compile(r"\b(?:you|your|he|she|they|i am|we)\b")


@dataclass(frozen=True)
class Mark:
    """Words of the phrase likely to raise the other's guard: offsets as typed, end exclusive."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """What the reader gets: one outcome and what goes with it.

    ``sure`` says how sure the engine is, ``note`` why this is so; ``firmer`` is there on request;
    ``lines`` names help lines to show beneath, ``danger`` the message of a support answer and
    ``extra`` sentences to add to it; ``more`` tells that there is another way.
    """

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


def reframe(book: Phrasebook, phrase: str, turn: int = 0) -> Answer:
    """Return the one answer to a phrase; ``turn`` counts how often another way was asked for."""
    reading = plain(phrase[:LONGEST_TEXT])
    left = book.safety.idioms.taken_out(reading)
    if rule := book.safety.met(left):
        extra = (book.messages[rule.also],) if rule.also else ()
        return Answer("support", danger=rule.kind, extra=extra)
    points = book.likeness.weigh(left)
    words = [word for word in reading.split() if word.isalpha()]
    if _is_none(book, phrase, words) or (
        book.scope["question"].met(reading) and likeness.rather(points, "decline", QUESTION) == "decline"
    ):
        return Answer("decline", note=book.messages["decline"])
    if _bare(phrase) in {_bare(chip) for chip in book.chips}:
        return _of_the_article(book, phrase, reading, turn)
    if (kind := likeness.danger(points)) and not book.open["limit"].met(reading):  # a "no" is one, whatever it is like
        return Answer("support", danger=kind)
    lines = next(book.quiet.told(reading), "")
    if not lines and (kind := likeness.danger(points, -UNSURE)):
        lines = "crisis" if kind == "crisis" else "partner"
    if certain := _certain(book, reading, lines):
        return certain
    given = _open(book, reading, lines)
    if given is None and (outside := _outside(book, reading, lines)):
        return outside
    given = given or _reframed(book, phrase, reading, lines, turn)
    given = given or Answer("build", note=book.messages["build"], lines=lines)
    if given.family and book.families[given.family].own:
        return given  # a family with lines of its own knows why
    # What no rule tells, its words may.
    lead = PRAISE if given.note == book.messages["praise"] else LEADS[given.outcome]
    outcome = likeness.rather(points, given.outcome, lead)
    if outcome == given.outcome:
        return given
    if outcome == "reframed":
        return _reframed(book, phrase, reading, given.lines, turn, is_complaint=True) or given
    return Answer(outcome, note=book.messages[outcome], lines=given.lines)


def danger(book: Phrasebook, text: str) -> str:
    """Return the kind of danger that a text of any length suggests, or nothing."""
    rule = book.safety.heard(text)
    return rule.kind if rule else ""


def _is_none(book: Phrasebook, phrase: str, words: Sequence[str]) -> bool:
    """Tell whether this is nothing that somebody says: empty, too long, markup, not English."""
    if len(phrase) > LONGEST_PHRASE or not words or re.search(r"https?:|www\.|<[A-Za-z/!]|[{}]|\]\(", phrase):
        return True
    strange = sum(not is_english(word, book.known) for word in words)
    return strange * 2 >= len(words) + (len(words) > 2)


def _of_the_article(book: Phrasebook, phrase: str, reading: Reading, turn: int) -> Answer:
    """Answer one of the article's phrases: first in the article's own lines, then in ours, and round again."""
    place = turn % (1 + LEAST_VARIANTS)
    ours = _reframed(book, phrase, reading, "", max(place - 1, 0), is_complaint=True)
    if ours and place:
        return replace(ours, more=True)
    return Answer(
        "reframed",
        family="article",
        suggestions=book.article,
        firmer=ours.firmer if ours else None,
        marks=find_marks(book, phrase),
        note=book.why,
        more=ours is not None,
    )


def _certain(book: Phrasebook, reading: Reading, lines: str) -> Answer | None:
    """Answer what nothing else may overrule: a limit, which is never softened, a confession, and a low mood."""
    is_afraid = book.open["danger"].met(reading)
    is_low = not is_afraid and book.open["low"].met(reading)
    lines = "partner" if is_afraid else lines or ("care" if is_low else "")
    if book.open["limit"].met(reading):
        return Answer("open", note=book.messages["limit"], lines=lines)
    if book.scope["confession"].met(reading):
        return Answer("build", note=book.messages["build"], lines=lines)
    if is_low or (is_afraid and not book.open["hard"].met(reading)):
        return Answer("open", note=book.messages["open"], lines=lines)
    return None


def _open(book: Phrasebook, reading: Reading, lines: str) -> Answer | None:
    """Answer praise, and words that are gentle to their end."""
    if book.open["praise"].met(reading) and not book.open["sour"].met(reading):
        return Answer("open", note=book.messages["praise"], lines=lines)
    if _is_gentle(book, reading):
        return Answer("open", note=book.messages["open"], lines=lines)
    return None


def _is_gentle(book: Phrasebook, reading: Reading) -> bool:
    soft = book.open["soft"].met_at(reading)
    if soft is None or book.open["hard"].met(reading):
        return False
    # Gentle from the second clause on: what comes before may be a blow all the same.
    return not soft or set(book.hears.told(reading)) <= {"complaint", "question"}


def _outside(book: Phrasebook, reading: Reading, lines: str) -> Answer | None:
    """Answer the builder to what is about somebody else, or is no complaint."""
    if any(book.scope[name].met(reading) for name in ("third_party", "neutral")):
        return Answer("build", note=book.messages["build"], lines=lines)
    return None


def _reframed(
    book: Phrasebook, phrase: str, reading: Reading, lines: str, turn: int, *, is_complaint: bool = False
) -> Answer | None:
    """Answer a phrase whose family is known: in the lines of its topic where that is known too."""
    about = book.about.find(reading)
    topic = book.topics[about] if about else None
    # What names a topic and somebody, or says what somebody does, is a complaint, even where nothing else tells.
    if (_SOMEBODY if topic else _DOES).search(reading) and not book.open["soft"].met(reading):
        is_complaint = True
    name = next(book.hears.told(reading), "complaint" if is_complaint else None)
    if name is None or (
        name == "complaint" and sum(map(str.isalpha, reading.split())) == 1
    ):  # a word alone is too thin
        return None
    family = book.families[name]
    lines = lines or family.lines or (topic.lines if topic else "")
    if topic and family.own and not (family.about and topic.nameable):
        topic = None  # the family speaks for itself
    if topic and topic.group == "therapy" and lines == "partner":
        topic = None  # joint work is not for couples where one frightens the other
    said, moves = _compose(family, topic, reading)
    if lines == "partner" and not family.own:
        # Beside possible danger nobody is coached to plead: a limit comes first, and nothing is asked for.
        moves = ["firm", *(move for move in moves if move not in ("firm", "invitation"))]
    suggestions = tuple(_choose(said, move, turn) for move in moves)
    firmer = _choose(said, "firm", turn) if "firm" in said and "firm" not in moves else None
    return Answer(
        "reframed",
        family=family.name,
        topic=topic.group if topic else "",
        sure=_sure(book, family, topic),
        suggestions=suggestions,
        firmer=firmer,
        marks=() if lines and lines != "care" else find_marks(book, phrase),
        note=family.why,
        lines=lines,
        more=any(len(said[move]) > 1 for move in moves),
    )


def _sure(book: Phrasebook, family: Family, topic: Topic | None) -> str:
    """Return one honest line on how sure we are; nothing where the topic does not matter."""
    if topic:
        return book.messages["topic"].replace("{topic}", topic.label)
    return "" if family.own else book.messages["start"]


def _compose(family: Family, topic: Topic | None, reading: Reading) -> tuple[dict[str, tuple[str, ...]], Sequence[str]]:
    """Return what can be said, by move, and which moves are offered, in their order."""
    if topic is None:
        return dict(family.said), family.moves
    said = {**family.said, **family.about} if family.own else topic.said
    moves = family.moves if family.own or not topic.moves else topic.moves
    spaced = f" {reading} "
    thing = next((name for name, cues in topic.things if any(cue.is_in(spaced) for cue in cues)), topic.thing)
    filled = {move: tuple(text.replace("{thing}", thing) for text in texts) for move, texts in said.items()}
    return filled, [move for move in moves if move in filled]


def _choose(said: dict[str, tuple[str, ...]], move: str, turn: int) -> Suggestion:
    return Suggestion(move, said[move][turn % len(said[move])])


def find_marks(book: Phrasebook, phrase: str) -> tuple[Mark, ...]:
    """Return the words likely to raise the guard, in the order they stand, none over another."""
    folded = _fold(phrase)
    found: list[Mark] = []
    for reason in book.reasons:
        for match in reason.says.finditer(folded):
            if all(match.end() <= mark.start or match.start() >= mark.end for mark in found):
                found.append(Mark(match.start(), match.end(), reason.reason))
    return tuple(sorted(found[:MOST_MARKS], key=lambda mark: mark.start))


def compose(book: Phrasebook, happens: str, feeling: str, want: str) -> str:
    """Return the builder's sentence from its three parts, those left empty left out."""
    happens, want = (" ".join(text.split()).rstrip(".,;!") for text in (happens, want))
    happens = re.sub(r"^when\s+", "", happens, flags=re.IGNORECASE)
    want = re.sub(r"^i(?:['’]d| would) like\s+", "", want, flags=re.IGNORECASE)
    feeling = feeling if feeling in book.feelings else ""
    felt = f"I feel {feeling}" if feeling else ""
    liked = f"I’d like {_lower(want)}" if want else ""
    if happens and not felt:
        return ", ".join(part for part in (f"When {_lower(happens)}", liked) if part) + "."
    first = f"When {_lower(happens)}, {felt}" if happens else felt
    return " ".join(f"{part}." for part in (first, liked) if part)


def recheck(book: Phrasebook, built: str) -> Answer:
    """Answer what the builder put together: it is for saying what happens, so a plain complaint is left as it is."""
    given = reframe(book, built)
    if given.outcome == "reframed" and given.family == "complaint":
        return Answer("build", note=book.messages["build"], lines=given.lines)
    return given


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


def _bare(phrase: str) -> str:
    """Fold a phrase to its letters, for telling whether it is one of the article's."""
    return "".join(re.findall(r"[a-z]+", unicodedata.normalize("NFKC", phrase).casefold()))


def _fold(phrase: str) -> str:
    """Fold each character to one: small, with straight quotes, so that places stay as typed."""
    if phrase.isascii():
        small = phrase.lower()
    else:
        small = "".join(folded if len(folded := char.lower()) == 1 else char for char in phrase)
    return small.translate(QUOTES)


def _lower(text: str) -> str:
    """Lower the first letter where it begins a common word: not I's, a name's, or that of TV."""
    first = re.match(r"[A-Z][a-z]*(?![A-Za-z])", text)
    is_common = first is not None and first[0] != "I" and is_english(first[0].lower())
    return text[:1].lower() + text[1:] if is_common else text
