"""The notation that rules are written in, and which of them a phrase need be tried against.

There are some two thousand rules, of which a phrase meets one or two. Each is kept under the
beginnings of words that it cannot do without, tried only where the phrase holds one of these, and one of
a second set where there is such a set, and compiled when it is first tried. So a rule more costs nothing to
the phrases it is not about.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Generic, TypeVar

from data.content import Source
from data.plain import BEGINNING, Reading

# About how many of a hundred phrases hold what begins so, where that is more than a few: what a rule costs that is
# kept under it. Of the rest, one.
_SHARES = {
    67: "you",
    40: "i the",
    20: "me not to and my a it",
    11: "hav is in do am on whe tha eve are wit for of",
    6: "wou wil thi at he lik up abo can we get out if so wha say aga all was her go",
    3: "wor she nev wan be sho kno tim cou car tel any mor sto com thr no",
}
_SHARE = {beginning: share for share, held in _SHARES.items() for beginning in held.split()}
_TOKEN = re.compile(
    r"(?P<list>\(\?:[a-z0-9 |]+\))"
    r"|(?P<group>\(\?(?::|<?[=!]))"
    r"|(?P<words>[a-z0-9 ]+(?![a-z0-9 ]|[?*+{])|[a-z0-9 ]+(?=[a-z0-9 ][?*+{])|[a-z0-9 ])"
    r"|(?P<repeat>[?*+]|\{\d+(?:,\d*)?\})\??"
    r"|(?P<one>\[\^?[^\]]+\]|\\[bdwsS]|\\?[.,!?~'-]|[$^])"
    r"|(?P<mark>[|)])"
)
_SHORT_LAST = re.compile(rf"(?<![a-z0-9])[a-z0-9]{{1,{BEGINNING - 1}}}(?=[|)]|$)")

# Sets of beginnings, of each of which any match holds one: the rarest two; none where that cannot be told.
Needs = tuple[frozenset[str], ...]
MOST_NEEDS = 2
T = TypeVar("T")


class Rules:
    """Regular expressions over whole words of the plain reading, of which any may be met: ``written``."""

    def __init__(self, rules: Iterable[str] = ()) -> None:
        """Take the rules, written out; raise `ValueError` where one is none."""
        self.written: list[str] = []
        self._needs: list[Needs] = []
        self._compiled: list[re.Pattern[str] | None] = []
        self._kept: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        for rule in rules:
            self._keep(rule, needed(rule))

    @classmethod
    def joined(cls, lists: Iterable[Rules]) -> Rules:
        """Return the rules of several lists as one, in their order."""
        joined = cls()
        for one in lists:
            for rule, needs in zip(one.written, one._needs, strict=True):
                joined._keep(rule, needs)
        return joined

    def _keep(self, rule: str, needs: Needs) -> None:
        number = len(self.written)
        self.written.append(rule)
        self._needs.append(needs)
        self._compiled.append(None)
        for beginning in needs[0] if needs else ():
            self._kept[beginning].append(number)
        if not needs:
            self._always.append(number)

    def met(self, reading: Reading) -> bool:
        """Tell whether a reading meets any rule."""
        return any(self._pattern(number).search(reading) for number in self.tried(reading))

    def met_at(self, reading: Reading) -> int | None:
        """Return where a reading first meets a rule, or None."""
        found = [match.start() for number in self.tried(reading) if (match := self._pattern(number).search(reading))]
        return min(found, default=None)

    def taken_out(self, reading: Reading) -> Reading:
        """Return a reading with a stroke in place of whatever meets a rule."""
        left = str(reading)
        for number in sorted(self.tried(reading)):
            left = self._pattern(number).sub("~", left)
        return Reading(left)

    def each_met(self, reading: Reading) -> Iterator[int]:
        """Yield the number of each rule that a reading meets, in their order."""
        return (number for number in sorted(self.tried(reading)) if self._pattern(number).search(reading))

    def compile(self) -> None:
        """Compile every rule that has not been tried yet."""
        for number in range(len(self.written)):
            self._pattern(number)

    def tried(self, reading: Reading) -> Sequence[int]:
        """Return the rules that a reading could meet."""
        kept, needs, held = self._kept, self._needs, reading.beginnings
        found = {number for beginning in held if beginning in kept for number in kept[beginning]}
        return [*self._always, *(number for number in found if not held.isdisjoint(needs[number][-1]))]

    def _pattern(self, number: int) -> re.Pattern[str]:
        pattern = self._compiled[number]
        if pattern is None:
            pattern = self._compiled[number] = whole_words(self.written[number])
        return pattern


class Lists(Generic[T]):
    """Lists of rules in their order, each with what it tells: looked through at once, as if they were one list."""

    def __init__(self, lists: Sequence[tuple[T, Rules]]) -> None:
        """Take what each list tells, and its rules."""
        self.rules = Rules.joined(one for _, one in lists)
        self._tells = [told for told, one in lists for _ in one.written]

    def told(self, reading: Reading) -> Iterator[T]:
        """Yield what each rule that a reading meets tells, in the order of the lists."""
        return (self._tells[number] for number in self.rules.each_met(reading))


def whole_words(*rules: str) -> re.Pattern[str]:
    """Return one pattern that is met where any of the rules is, between the bounds of words."""
    return re.compile(r"\b(?:" + "|".join(rules) + r")(?!\w)")


def read(source: Source, says: Iterable[str], words: Mapping[str, str]) -> Rules:
    """Return the rules of a list in the notation that safety.toml explains.

    ``words`` are the lists that rules name in braces. Raises `ContentError` where a rule is none.
    """
    rules = list(says)
    if odd := [rule for rule in rules if not isinstance(rule, str)]:
        raise source.fault(f"is not a rule: {odd[0]!r} is no text", str(odd[0]))
    written = dict.fromkeys(written_out(source, rules, words))
    try:
        return Rules(written)
    except ValueError as error:
        rule, what = error.args
        near = next((one for one in rules if rule in written_out(source, [one], words)), "")
        raise source.fault(f"is not a rule: {what}", near[:40]) from error


def written_out(source: Source, says: Iterable[str], words: Mapping[str, str]) -> Iterable[str]:
    """Yield each rule as a regular expression, with what it names in braces put in its place."""
    for rule in says:
        for _ in range(5):  # a list of words may name another
            rule = re.sub(r"\{(\w+)([?*]?)\}", partial(_named, source, words), rule)
        yield rule.replace(" ... ", r" (?:[a-z0-9]+ ){0,4}")


def _named(source: Source, words: Mapping[str, str], found: re.Match[str]) -> str:
    """Return the words that ``{name}`` stands for, as part of a pattern."""
    name, many = found.groups()
    if name.isdigit():
        return found[0]  # a number of times, as regular expressions write it
    if name not in words:
        raise source.fault(f"there are no words named {name!r}", found[0])
    return {"": f"(?:{words[name]})", "?": f"(?:(?:{words[name]}) )?", "*": f"(?:(?:{words[name]}) ){{0,4}}"}[many]


def needed(rule: str) -> Needs:
    """Return sets of beginnings of words, of each of which every text that meets the rule holds one, the rarest first.

    Raises `ValueError`, with the rule and why, where it is none: a bracket without its other, or what no rule may use.
    """
    tokens = list(_tokens(rule))
    needs, _, end = _alternatives(tokens, 0, True)
    if end < len(tokens):
        raise ValueError(rule, "a bracket closes that none opens")
    return needs


def _tokens(rule: str) -> Iterable[tuple[str, str]]:
    at = 0
    while at < len(rule):
        found = _TOKEN.match(rule, at)
        if found is None:
            raise ValueError(rule, f"{rule[at : at + 10]!r} is not of the notation")
        yield str(found.lastgroup), found[0]
        at = found.end()
    yield "end", rule


def _alternatives(tokens: list[tuple[str, str]], at: int, begins: bool) -> tuple[Needs, bool, int]:
    """Read alternatives up to their bracket or the end.

    Return what they need, whether a word begins where they end, and that place among the tokens.
    """
    each: list[Needs] = []
    all_begin = True
    while True:
        one, begun, at = _sequence(tokens, at, begins)
        each.append(one)
        all_begin = all_begin and begun
        if at == len(tokens) or tokens[at][1] != "|":
            return _any_of(each), all_begin, at
        at += 1


def _any_of(each: Sequence[Needs]) -> Needs:
    """Return what alternatives need together: one of each one's first set, and one of each one's second."""
    if len(each) == 1:
        return each[0]
    return tuple(dict.fromkeys(frozenset().union(*sets) for sets in zip(*each, strict=False)))


def _sequence(tokens: list[tuple[str, str]], at: int, begins: bool) -> tuple[Needs, bool, int]:
    """Read one alternative, as `_alternatives` does; ``begins`` tells whether a word begins where it does."""
    found: list[frozenset[str]] = []
    while at < len(tokens) and tokens[at][0] != "mark":
        kind, text = tokens[at]
        at += 1
        needs: Needs = ()
        before = begins
        if kind == "end":
            break
        if kind == "group":
            first = at
            inner, begins, at = _alternatives(tokens, at, before and text == "(?:")
            if at == len(tokens):
                raise ValueError(tokens[-1][1], "a bracket opens that none closes")
            at += 1
            if "<" in text:  # all it may look back on is of one length
                _vet(tokens[-1][1], text + "".join(text for _, text in tokens[first:at]))
            needs, begins = (inner, begins) if text == "(?:" else ((), before)  # the others take up no words
        elif kind == "list":
            needs, begins = _of_list(text, before, _ends_short(text) and _word_ends(tokens, at))
        elif kind == "words":
            needs, begins = _of_words(text, before, _ends_short(text) and _word_ends(tokens, at)), text.endswith(" ")
        elif kind == "repeat":
            raise ValueError(tokens[-1][1], f"nothing stands before {text!r}")
        else:
            _vet(tokens[-1][1], text)
            begins = before if text in ("^", r"\b") else False
        if tokens[at][0] == "repeat":
            _vet(tokens[-1][1], (text if kind == "one" else "a") + tokens[at][1])
            if tokens[at][1][0] in "?*" or tokens[at][1].startswith("{0"):
                needs, begins = (), begins and before
            at += 1
        found += needs
    return _rarest(found), begins, at


def _rarest(sets: Iterable[frozenset[str]]) -> Needs:
    each = tuple(dict.fromkeys(sets))
    return tuple(sorted(each, key=_cost)[:MOST_NEEDS]) if len(each) > 1 else each


def _vet(rule: str, part: str) -> None:
    """Raise `ValueError` where Python refuses a part of a rule, so that no rule fails only when it is first tried."""
    if why := _refused(part):
        raise ValueError(rule, f"{part!r}: {why}")


@lru_cache(maxsize=256)
def _refused(part: str) -> str:
    try:
        re.compile(part)
    except (re.error, OverflowError) as error:
        return str(error)
    return ""


def _ends_short(text: str) -> bool:
    """Tell whether a word of a text, or one of a list, is last and too short to tell by its beginning."""
    return _SHORT_LAST.search(text) is not None


def _word_ends(tokens: list[tuple[str, str]], at: int) -> bool:
    """Tell whether a word that runs up to this place among the tokens surely ends there."""
    while True:
        kind, text = tokens[at]
        if kind == "end":
            return True
        repeat = tokens[at + 1][1] if tokens[at + 1][0] == "repeat" else ""
        if kind == "words" and not repeat:
            return text.startswith(" ")
        if text == "|":  # the other alternatives do not follow; what comes after their bracket does
            at = _closing(tokens, at)
        elif kind == "list" and repeat == "?" and all(words.startswith(" ") for words in text[3:-1].split("|")):
            at += 2
        elif text == ")" and repeat in ("", "?"):
            at += 2 if repeat else 1
        else:
            return text == r"\b"


def _closing(tokens: list[tuple[str, str]], at: int) -> int:
    """Return the place of the bracket that closes what a place among the tokens stands in, or that of the end."""
    depth = 0
    while tokens[at][0] != "end" and (depth or tokens[at][1] != ")"):
        depth += (tokens[at][0] == "group") - (tokens[at][1] == ")")
        at += 1
    return at


@lru_cache(maxsize=256)
def _of_words(text: str, begins: bool, ends: bool) -> Needs:
    """Return the beginnings of the words of a text, each a set.

    Its first counts where a word begins there; a short one, where it is sure to be a whole word.
    """
    words = text.split(" ")
    last = len(words) - 1
    return _rarest(
        frozenset({word[:BEGINNING]})
        for at, word in enumerate(words)
        if word and (at or begins) and (len(word) >= BEGINNING or at < last or ends)
    )


@lru_cache(maxsize=64)
def _of_list(text: str, begins: bool, ends: bool) -> tuple[Needs, bool]:
    """Return what a bracket of plain words needs, and whether a word begins after it; the same lists come again."""
    each = text[3:-1].split("|")
    if " " not in text:  # most are, and to go by the word would take most of the time that reading the rules takes
        is_sure = begins and (ends or len(min(each, key=len)) >= BEGINNING)
        return ((frozenset(word[:BEGINNING] for word in each),) if is_sure else ()), False
    return _any_of([_of_words(words, begins, ends) for words in each]), all(words.endswith(" ") for words in each)


@lru_cache(maxsize=256)
def _cost(needs: frozenset[str]) -> int:
    """Return about how many of a hundred phrases a rule kept under these would be tried against."""
    return sum(_SHARE.get(beginning, 1) for beginning in needs)
