"""Prints the licence of every package the site runs on, from its own metadata; fails where one is unknown to us."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

# Licences that let the site be used, changed and passed on without more than their notice.
FINE = re.compile(
    r"MIT|BSD|Apache|ISC|Unlicense|PSF|Python Software Foundation|Zlib|CC0|MPL|Public Domain", re.IGNORECASE
)


def licence(name: str) -> str:
    """Return what a package says of its licence; raise `PackageNotFoundError` where it is not installed."""
    told = metadata(name)
    classified = [line.rsplit(" :: ", 1)[1] for line in told.get_all("Classifier", []) if line.startswith("License ::")]
    return told.get("License-Expression") or ", ".join(classified) or (told.get("License") or "").split("\n")[0]


def main() -> int:
    """Print the list; return 1 where a licence is not among the fine ones."""
    pins = (Path(__file__).parent / "requirements.txt").read_text(encoding="utf-8")
    wrong = []
    for name, version, only in re.findall(r"^([\w.-]+)==(\S+)(?: ; (.*?))? \\$", pins, re.MULTILINE):
        try:
            said = licence(name)
        except PackageNotFoundError:
            said = f"not installed here ({only})" if only else ""
        print(f"{name} {version}: {said or 'says nothing'}")
        if not FINE.search(said) and not only:
            wrong.append(name)
    if wrong:
        print(f"Look at: {', '.join(wrong)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
