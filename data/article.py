"""Jo's article: the words in ``article.md``, parsed once into sections that the page can lay out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin
from mdit_py_plugins.container import container_plugin

from data.content import Source

# Silent reading of English non-fiction, words a minute: Brysbaert, "How many words do we read
# per minute?", Journal of Memory and Language 109 (2019).
WORDS_A_MINUTE = 238

# What a line ``::: name`` may open. The page lays each of them out with the template of that name.
PLACES = ("cycle", "reframe", "lines", "faq", "closing", "signature", "comments")
# The two halves of the cycle, inside it.
SIDES = ("towards", "away")

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A run of the article with one layout: ``text``, or one of `PLACES`; its HTML may be empty."""

    kind: str
    html: str


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. ``contents`` is its name in the contents list, or empty."""

    slug: str
    heading: str
    contents: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Article:
    """The whole article. The source gives a day and month but no year, so there is none here."""

    title: str
    standfirst: str
    strapline: str
    month: int
    day: int
    minutes: int
    author: str
    profession: str
    telephone: str
    lede: tuple[Block, ...]
    sections: tuple[Section, ...]

    @property
    def date(self) -> str:
        """The date as a British reader writes it, such as ``12 May``."""
        return f"{self.day} {MONTHS[self.month - 1]}"

    @property
    def international_telephone(self) -> str:
        """The number for a ``tel:`` link, as RFC 3966 asks: ``+44`` and no leading nought."""
        return "+44" + self.telephone.removeprefix("0")


def load(path: Path) -> Article:
    """Parse and check the article file.

    Raises `ContentError`, naming the line, where the head, a section or a place is not as the page
    needs it, or where the read time printed at the top is not the one its words take.
    """
    source = Source.read(path)
    markdown = _markdown()
    groups = list(_groups(markdown.parse(source.text)))

    if len(groups) < 4 or [group[0].type for group in groups[:3]] != [
        "heading_open", "bullet_list_open", "paragraph_open"
    ]:  # fmt: skip
        raise source.fault("must begin with its title, a list of author, date and read time, and a strapline")
    title, colon, standfirst = _words(groups[0]).partition(": ")
    if not colon:
        raise source.fault("the title must be 'Title: standfirst'", line=1)
    month, day = _date(source, groups[1])
    minutes = math.ceil(sum(len(_words(group).split()) for group in groups[3:]) / WORDS_A_MINUTE)
    if f"{minutes} min read" not in _words(groups[1]):
        raise source.fault(f"the words take {minutes} minutes, which is not what it says", "min read")

    lede: list[Block] = []
    heads: list[tuple[str, str, str, list[Block]]] = []
    signature: list[str] = []
    for group in groups[3:]:
        first = group[0]
        line = (first.map or [0])[0] + 1
        blocks = heads[-1][-1] if heads else lede
        if first.type == "heading_open" and first.tag == "h2":
            slug = str(first.attrs.get("id", ""))
            if not slug or slug in {head[0] for head in heads}:
                raise source.fault("a section needs a {#name} of its own on the line above it", line=line)
            heads.append((slug, _words(group), str(first.attrs.get("contents", "")), []))
        elif first.type.startswith("container_"):
            place = first.info.strip()
            if place == "signature":
                signature = [token.content for token in group if token.type == "inline"]
            _add(blocks, Block(place, markdown.renderer.render(group[1:-1], markdown.options, {})))
        elif ":::" in _words(group):
            raise source.fault(f"no such place; there are {', '.join(PLACES)}", line=line)
        else:
            _add(blocks, Block("text", markdown.renderer.render(group, markdown.options, {})))
    if len(signature) != 3:
        raise source.fault("::: signature must hold three paragraphs: name, profession, telephone", "::: signature")
    author, profession, telephone = signature
    return Article(
        title=title,
        standfirst=standfirst,
        strapline=_words(groups[2]),
        month=month,
        day=day,
        minutes=minutes,
        author=author,
        profession=profession,
        telephone=telephone,
        lede=tuple(lede),
        sections=tuple(Section(slug, heading, contents, tuple(blocks)) for slug, heading, contents, blocks in heads),
    )


def _markdown() -> MarkdownIt:
    """CommonMark without raw HTML, with ``{#id name="value"}`` lines and the places above."""
    markdown = MarkdownIt("commonmark", {"html": False}).use(attrs_block_plugin)
    for name in (*PLACES, *SIDES):
        markdown.use(container_plugin, name)
    return markdown


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each top-level block: an opening one, all inside it, the closing one."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if not depth:
            yield group
            group = []


def _words(group: list[Token]) -> str:
    """Return the text of a block without its markup."""
    return " ".join(
        "".join(child.content for child in token.children or ()) for token in group if token.type == "inline"
    )


def _date(source: Source, group: list[Token]) -> tuple[int, int]:
    """Return month and day of the list's second item, such as ``May 12``."""
    items = [token for token in group if token.type == "inline"]
    try:
        _, date, _ = items
        name, day = date.content.split()
        return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(name)), int(day)
    except (ValueError, StopIteration) as error:
        raise source.fault("the list must be author, date such as 'May 12', read time", line=3) from error


def _add(blocks: list[Block], block: Block) -> None:
    """Append a block; text that follows text is one block."""
    if blocks and block.kind == blocks[-1].kind == "text":
        block = Block("text", blocks.pop().html + block.html)
    blocks.append(block)
