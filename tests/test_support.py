"""Help lines: all of them, and the first few of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import support
from data.content import ContentError
from tests.conftest import soup

PATH = Path(__file__).parent.parent / "data" / "support.toml"
SUPPORT = support.load(PATH)


def test_every_line_can_be_rung_or_texted_from_its_page(client):
    page = soup(client.get("/support"))
    for line in SUPPORT.lines:
        item = next(item for item in page.select(".lines li") if item.b.text == line.name)
        addresses = [link["href"] for link in item.select("a")]
        if line.number:
            assert f"tel:{line.dial}" in addresses
        if line.text:
            assert line.sms in addresses
        assert line.who in item.text
    assert SUPPORT["shout"].sms == "sms:85258?body=SHOUT"


def test_999_comes_first_and_nobody_meets_only_one_line():
    for kind, lines in SUPPORT.first.items():
        assert lines[0].slug == "999", kind
        assert len(lines) == 4, kind


def test_hours_and_dates_are_shown_only_where_they_are_known():
    assert SUPPORT["mens-advice"].hours == ""
    assert all(line.checked is None for line in SUPPORT.lines)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('number = "116 123"', 'number = "ring us"', "not a telephone number"),
        ('number = "116 123"', 'fax = "116 123"', "has no fax"),
        ('group = "crisis"\nname = "Samaritans"', 'group = "cries"\nname = "Samaritans"', "no group 'cries'"),
        ('"samaritans", "shout"', '"samaritans", "scream"', "all of them below"),
        ('slug = "shout"', 'slug = "samaritans"', "twice"),
        ('number = "999"', 'hours = "24 hours"', "neither a number nor a text"),
        ('name = "Samaritans"\n', "", "needs slug, group, name and who"),
    ],
)
def test_a_malformed_file_stops_the_start_naming_the_file(tmp_path, before, after, what):
    text = PATH.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path = tmp_path / "support.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ContentError, match=what) as error:
        support.load(path)
    assert str(error.value).startswith(f"{path}:")
