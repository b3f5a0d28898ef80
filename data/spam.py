"""Why a comment may be spam or a disguise: reasons in words, for the pile where nothing is lost."""

from __future__ import annotations

from data import text

MOST_LINKS = 2


def reasons(name: str, body: str, author: str) -> tuple[str, ...]:
    """Return what is suspicious about a comment, in words for the author, whose name is ``author``."""
    found = []
    if text.looks_like(name, author):
        found.append("the name looks like yours")
    elif text.looks_same(body.rstrip().splitlines()[-1], author):
        found.append("it is signed with your name")
    if text.links(name):
        found.append("the name is a web address")
    if text.has_markup(body):
        found.append("links written as code")
    elif text.links(body) > MOST_LINKS:
        found.append("many links")
    if text.mixes_scripts(body) or (text.mixes_scripts(name) and not text.looks_like(name, author)):
        found.append("letters of another alphabet inside a word")
    return tuple(found)
