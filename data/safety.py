"""Does a text suggest danger, and of which kind? Rules over who does what to whom; never single words.

After UK guidance (Women's Aid, Respect, Tavistock Relationships): where one partner frightens or
controls the other, the matter is not wording, so such words get help lines and no suggestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data import rules
from data.content import Source
from data.plain import Reading, plain
from data.rules import Lists, Rules

LONGEST_TEXT = 5000  # characters: as much as any form here keeps, so that the time it takes is bounded
KINDS = ("harm", "control", "crisis", "child")


@dataclass(frozen=True)
class Rule:
    """A kind of danger, and the name of a sentence to add to its message; phrases that must, and must not, say so."""

    kind: str
    also: str
    hears: tuple[str, ...]
    spares: tuple[str, ...]


@dataclass(frozen=True)
class Safety:
    """Every rule, what says so in the order it is tried, and the idioms that are taken out first."""

    idioms: Rules
    rules: tuple[Rule, ...]
    says: Lists[Rule]

    def heard(self, text: str) -> Rule | None:
        """Return the first rule that a text meets, or None; `LONGEST_TEXT` characters of it are read."""
        return self.met(self.idioms.taken_out(plain(text[:LONGEST_TEXT])))

    def met(self, left: Reading) -> Rule | None:
        """Return the first rule that is met by what is left of a plain reading without its idioms, or None."""
        return next(self.says.told(left), None)


def load(path: Path) -> Safety:
    """Read the rules; raise `ContentError` where one is malformed."""
    source = Source.read(path)
    content = source.toml()
    words: Mapping[str, str] = content.get("words", {})
    found: list[tuple[Rule, Rules]] = []
    with source.lacking():
        for entry in content.get("danger", []):
            near = str((entry.get("says") or [""])[0])[:40]
            if entry.get("kind") not in KINDS:
                raise source.fault(f"a kind of danger is one of {', '.join(KINDS)}", near)
            says = rules.read(source, entry["says"], words)
            if not (entry.get("hears") and entry.get("spares")):
                raise source.fault("a rule of danger says what it hears and what it spares", near)
            rule = Rule(entry["kind"], str(entry.get("also", "")), tuple(entry["hears"]), tuple(entry["spares"]))
            found.append((rule, says))
    if not found:
        raise source.fault("holds no [[danger]]")
    idioms = rules.read(source, content.get("idioms", {}).get("says", ()), words)
    return Safety(idioms, tuple(rule for rule, _ in found), Lists(found))
