"""What a phrase is about: one of the phrasebook's topics, or none that can be told.

Words that name a topic stand beside its lines in ``reframe.toml``. Nobody can list every way of meaning one, so
what runs of words speak for is fitted to the tests' collection too (``topics.txt``; see `likeness`), and the two
are added up. Where no topic clearly leads there being none, none is claimed: a line about the wrong thing is worse
than one about nothing in particular.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data import likeness
from data.content import Source
from data.likeness import Likeness
from data.plain import BEGINNING, Reading

NONE = "none"  # what the collection says of a phrase that is about nothing in particular
CUE_POINTS = 12  # points for each that a cue weighs
LEAD = 24  # points by which a topic must lead those of other groups; what is said outright weighs more
LEAD_OVER_NONE = -10  # the same of there being none, which may lead a little: what people type is mostly of something
LONGEST_RUN = 2  # words


@dataclass(frozen=True)
class Cue:
    """Words that name a topic, as they stand in a reading between its spaces, and what they weigh."""

    words: str
    weight: int

    @classmethod
    def read(cls, source: Source, text: str, weight: int) -> Cue:
        """Read a cue; a star after its last word stands for any ending. Raise `ContentError` for one elsewhere."""
        if "*" in text[:-1]:
            raise source.fault(f"a star stands only at the end of a cue: {text!r}", text)
        return cls(f" {text.removesuffix('*')}" if text.endswith("*") else f" {text} ", weight)

    def is_in(self, spaced: str) -> bool:
        """Tell whether the words stand in a reading that has a space before and after it."""
        return self.words in spaced


@dataclass(frozen=True)
class Topics:
    """The group of each topic by its name, the cues of all by their beginnings, and what their words are like."""

    groups: Mapping[str, str]
    cues: Mapping[str, Sequence[tuple[str, Cue]]]
    like: Likeness

    def find(self, reading: Reading) -> str | None:
        """Return the name of the topic that a reading is about, or None where none leads clearly."""
        points = self.weigh(reading)
        none = points.pop(NONE)
        best, *others = sorted(points, key=points.__getitem__, reverse=True)
        rival = next((points[name] for name in others if self.groups[name] != self.groups[best]), none)
        is_clear = points[best] - none > LEAD_OVER_NONE and points[best] - rival > LEAD
        return best if is_clear else None

    def weigh(self, reading: Reading) -> dict[str, int]:
        """Return the points of each topic, and of there being none."""
        points = self.like.weigh(reading, LONGEST_RUN)
        spaced = f" {reading} "
        for beginning in reading.beginnings & self.cues.keys():
            for name, cue in self.cues[beginning]:
                if cue.words in spaced:  # as `Cue.is_in`, without a call for each of some hundreds
                    points[name] += CUE_POINTS * cue.weight
        return points


def load(path: Path, source: Source, entries: Sequence[Mapping[str, Any]]) -> Topics:
    """Read what the words of topics are like from a path, and the cues of the topics' entries in a source.

    What is said outright weighs three and a point more for each further word; a hint weighs one. In a
    weighty topic, which is seldom named by the way, what is said outright weighs one more.
    Raises `ContentError` where either is malformed.
    """
    like = likeness.load(path, (NONE,))
    groups = {str(entry["name"]): str(entry.get("group", entry["name"])) for entry in entries}
    if odd := like.start.keys() - {NONE} - groups.keys():
        raise source.fault(f"has no topic named {min(odd)!r}, which {path.name} weighs")
    # A topic that was never weighed is as unlikely as the rarest.
    start = {name: like.start.get(name, min(like.start.values())) for name in (*like.start, *groups)}
    cues: dict[str, list[tuple[str, Cue]]] = defaultdict(list)
    for entry in entries:
        for kind in ("says", "hints"):
            for text in dict.fromkeys(entry.get(kind, ())):
                outright = 2 + len(text.split()) + entry.get("weighty", False)
                cue = Cue.read(source, text, 1 if kind == "hints" else outright)
                cues[max(text.strip("*").split(), key=len)[:BEGINNING]].append((entry["name"], cue))
    return Topics(groups, dict(cues), replace(like, start=start))
