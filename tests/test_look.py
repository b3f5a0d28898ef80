"""The look, as far as arithmetic can tell: contrast of the palettes, nothing that moves, images of the size they claim."""

from __future__ import annotations

import json
import re
import struct

import pytest

from tests.conftest import soup
from tests.serving import ROOT

SHEET = (ROOT / "static/site.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
    for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
)
# The contact band's own colours, which stand on its deep ground.
BAND = dict(
    re.findall(
        r"--([\w-]+): (#[0-9a-f]{3,6});",
        "".join(re.findall(r"section\.contact \{[^}]*\}", SHEET.partition("@media print")[0])),
    )
)
TEXT = [("text", "paper"), ("text", "tint"), ("text", "field"), ("text", "marked"), ("quiet", "paper"), ("quiet", "tint"),
        ("link", "paper"), ("link", "tint"), ("error", "paper"), ("error", "field"), ("on-say", "say"), ("on-deep", "deep"),
        ("on-button", "button")]  # fmt: skip
EDGES = [("edge", "paper"), ("edge", "tint"), ("edge", "field"), ("ring", "paper"), ("rim", "paper")]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
def test_text_has_a_contrast_of_7_and_edges_of_3(palette):
    assert {
        pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in TEXT if contrast(*map(palette.get, pair)) < 7
    } == {}
    assert {pair for pair in EDGES if contrast(*map(palette.get, pair)) < 3} == set()
    for name in ("link", "quiet", "error"):
        assert contrast(BAND[name], palette["deep"]) >= 7, name
    assert contrast(BAND["edge"], palette["deep"]) >= 3


def test_nothing_moves():
    assert not re.search(r"\b(transition|animation|scroll-behavior)\b", SHEET)


def test_features_stand_in_the_order_of_the_house():
    found = re.findall(r"/\* ---- ([^-]+) ---- \*/", SHEET)
    assert found[:3] == ["tokens", "elements", "layout"]
    assert found[3:9] == ["article", "faq", "reframe", "contact", "comments", "desk"]


def size(name: str) -> tuple[int, int]:
    """Return the width and height that a PNG's header tells."""
    head = (ROOT / "static" / name).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return struct.unpack(">II", head[16:24])


def test_the_image_that_is_shared_has_the_size_the_page_tells(client):
    page = soup(client.get("/"))
    told = [int(page.find("meta", property=f"og:image:{side}")["content"]) for side in ("width", "height")]
    assert size("og.png") == tuple(told) == (1200, 630)
    assert size("apple-touch-icon.png") == (180, 180)


def test_the_icons_of_the_manifest_are_there_one_of_them_maskable(client):
    icons = json.loads(client.get("/static/site.webmanifest").data)["icons"]
    for icon in icons:
        assert client.get(icon["src"]).status_code == 200
        assert "x".join(map(str, size(icon["src"].rpartition("/")[2]))) == icon["sizes"]
    assert [icon.get("purpose") for icon in icons].count("maskable") == 1
