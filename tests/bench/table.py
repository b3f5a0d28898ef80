"""What was to be reached and what was, as the tables that README and `docs/bench.md` show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.bench.load import CONNECTIONS, Compared

MARKS = ("<!-- bench: written by make bench -->", "<!-- /bench -->")


@dataclass(frozen=True)
class Row:
    """One measure: what was found, what is to be reached, and what would be better still; all in ``unit``."""

    measure: str
    found: float | None
    reach: float
    stretch: float
    unit: str = ""
    digits: int = 2
    more_is_better: bool = False
    beside: str = ""  # what the figure is to be read with

    @property
    def met(self) -> str:
        """Whether it was reached."""
        if self.found is None:
            return "n/a"
        found = round(self.found, self.digits)
        better = (lambda goal: found >= goal) if self.more_is_better else (lambda goal: found <= goal)
        return "stretch" if better(self.stretch) else "yes" if better(self.reach) else "**no**"

    def cells(self) -> tuple[str, ...]:
        """Return the row's cells."""
        found = "n/a" if self.found is None else self._written(self.found)
        found += f" ({self.beside})" if self.beside else ""
        return self.measure, found, self._written(self.reach), self._written(self.stretch), self.met

    def _written(self, value: float) -> str:
        return f"{value:,.{self.digits}f}{' ' * bool(self.unit)}{self.unit}"


def reached(rows: list[Row]) -> str:
    """Return every row beside its goals."""
    return _table(("measure", "here", "reach", "stretch", "met"), [row.cells() for row in rows])


def compared(found: dict[str, dict[int, Compared]]) -> str:
    """Return the systems beside each other, at each number of connections."""
    head = ("system", *(f"requests/s, of the first, CPU a request at {number}" for number in CONNECTIONS))
    rows = [
        (name, *(f"{each.rate:,.0f}, {each.ratio:.2f}, {each.cpu:.0f} µs" for each in by.values()))
        for name, by in found.items()
    ]
    return _table(head, rows)


def put(path: Path, text: str) -> None:
    """Put the text between the marks of a file."""
    begin, end = MARKS
    old = path.read_text(encoding="utf-8")
    new, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n{end}", old, flags=re.DOTALL
    )
    if count != 1:
        raise RuntimeError(f"{path.name} has no place for the table")
    path.write_text(new, encoding="utf-8")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
