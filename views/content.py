"""The words the site was started with: read once, then the same for every request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from data import article, faq, reframe, support


@dataclass(frozen=True)
class Content:
    """Everything the site says that it did not get from a visitor."""

    article: article.Article
    questions: tuple[faq.Question, ...]
    phrasebook: reframe.Phrasebook
    support: support.Support


def load(app: Flask, folder: Path) -> None:
    """Read every content file; raise `data.content.ContentError` naming file and line."""
    app.extensions["content"] = _read(folder)


@cache
def _read(folder: Path) -> Content:
    """Read a folder once a process, however many applications are made from it."""
    return Content(
        article.load(folder / "article.md"),
        faq.load(folder / "faq.toml"),
        reframe.load(folder / "reframe.toml"),
        support.load(folder / "support.toml"),
    )


def compile_rules(app: Flask) -> None:
    """Compile the phrasebook's rules, so that no phrase waits for it; what only runs a command leaves them be."""
    cast(Content, app.extensions["content"]).phrasebook.compile()


def content() -> Content:
    """Return the words of the running application."""
    return cast(Content, current_app.extensions["content"])
