"""Reading the committed content files, so that every fault in one names its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ContentError(ValueError):
    """A content file that cannot be served: its message is ``path:line: what is wrong``."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")


@dataclass(frozen=True)
class Source:
    """One content file and its text."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a UTF-8 file; raise `ContentError` where it is missing or not text."""
        try:
            return cls(path, path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ContentError(path, 1, f"cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            raise ContentError(path, line, "is not UTF-8 text") from error

    def fault(self, what: str, near: str = "", line: int | None = None) -> ContentError:
        """Return the error to raise, at ``line`` or at the first line that holds ``near``."""
        if line is None:
            line = self.text.count("\n", 0, max(self.text.find(near), 0)) + 1
        return ContentError(self.path, line, what)

    @contextmanager
    def lacking(self) -> Iterator[None]:
        """Turn a `KeyError` raised within into the error that this file lacks what was looked for."""
        try:
            yield
        except KeyError as error:
            raise self.fault(f"lacks {error}") from error

    def toml(self) -> dict[str, Any]:
        """Parse the file as TOML; raise `ContentError` where it is not."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else self.text.count("\n") + 1
            raise ContentError(self.path, line, f"is not TOML: {error}") from error
