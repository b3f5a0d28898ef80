"""Cleaning what people type."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  one \r\n two\t\tthree  ", "one\ntwo three"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("nul\x00 bell\x07 c1\x9f", "nul bell c1"),
        ("left\u202eright", "leftright"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bad\ufdd0\U0001ffff", "bad"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("e\u0301", "é"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 3),
        ("I <3 you & me", "I <3 you & me"),
        ("Ŵyr Llŷr", "Ŵyr Llŷr"),
        ("میں تم سے پیار کرتا ہوں", "میں تم سے پیار کرتا ہوں"),
        ("👨‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿", "👨‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿"),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_what_could_mislead_is_dropped_and_all_else_is_kept(typed, kept):
    assert text.clean(typed) == kept


@given(st.text())
def test_cleaning_any_text_is_safe_and_settled(typed):
    cleaned = text.clean(typed)
    assert text.clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set("\x00\r\u202e\u200b")
    cleaned.encode("utf-8")


def test_a_name_stands_on_one_line():
    assert text.clean_line(" Sam\n\nfrom\tLeeds ") == "Sam from Leeds"


@pytest.mark.parametrize("typed", ["", " ", "\u2800", "\u200d\u200c", "\u3164", "\ufe0f"])
def test_text_that_nobody_sees_is_blank(typed):
    assert text.is_blank(text.clean(typed))


@pytest.mark.parametrize("typed", ["x", "👍", "ا"])
def test_text_that_somebody_sees_is_not(typed):
    assert not text.is_blank(typed)


@pytest.mark.parametrize(
    "name",
    [
        "Jo Watson",
        "jo watson",
        "JO  WATSON",
        "Jo-Watson",
        "J0 Wats0n",
        "Јо Watѕоn",
        "Jó Wätson",
        "Jo Watson (author)",
        "ＪＯ ＷＡＴＳＯＮ",
        "𝓙𝓸 𝓦𝓪𝓽𝓼𝓸𝓷",
        "ᴊᴏ ᴡᴀᴛꜱᴏɴ",
        "🅹🅾 🆆🅰🆃🆂🅾🅽",
        "Ꭻo Ꮃatson",
        "Јо Ԝатѕоп",
        "Jo VVatson",
        "J() Wats()n",
    ],
)
def test_jos_name_is_known_in_look_alike_letters(name):
    assert text.looks_like(name, "Jo Watson")


@pytest.mark.parametrize("name", ["Jo", "Watson", "Joanna", "John Watts", "Emma Watson", ""])
def test_other_names_are_not_taken_for_hers(name):
    assert not text.looks_like(name, "Jo Watson")


@pytest.mark.parametrize(
    ("words", "count"),
    [("none here. Then some", 0), ("write to sam@example.org", 0), ("https://www.a.com/x", 1), ("foo.com and www.b.c", 2),
     ("http://a http://b http://c", 3)],
)  # fmt: skip
def test_web_addresses_are_counted(words, count):
    assert text.links(words) == count


@pytest.mark.parametrize("words", ["pаypal", "Ηello"])
def test_alphabets_mixed_in_a_word_are_seen(words):
    assert text.mixes_scripts(words)


@pytest.mark.parametrize("words", ["Привет, Sam", "café Ŵyr", "میں Sam", "π r"])
def test_alphabets_beside_each_other_are_no_disguise(words):
    assert not text.mixes_scripts(words)


@pytest.mark.parametrize("number", ["07700 900123", "+44 7700 900123", "+44 (0)7700-900123", "00447700900123"])
def test_one_number_is_written_in_many_ways(number):
    assert text.reach(number) == "07700900123"


def test_one_mailbox_is_written_in_many_ways_and_another_is_another():
    assert text.reach(" Sam.S@Example.org") == text.reach("sam.s@example.org") != text.reach("sams@example.org")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("ring me on 07700 900123", "a telephone number"),
        ("call +44 20 7946 0018 please", "a telephone number"),
        ("sam@example.org", "an e-mail address"),
        ("my husband David Jones never listens", "a full name"),
        ("she teaches at Hilltop Primary School", "a school"),
        ("he works for Barclays", "a workplace"),
        ("see www.example.org", "a web address"),
        ("we live at 12 High Street", "a street"),
        ("near ls1 4ab", "a postcode"),
    ],
)
def test_what_tells_who_somebody_is_gets_a_nudge(words, what):
    assert what in text.nudges(words)


@pytest.mark.parametrize(
    "words",
    ["We have been together 12 years and have 3 kids", "I feel so alone. He says no every time.", "It cost 1500 pounds in 2024",
     "Thank you. This helped me at 3 in the morning", "I LOVE HIM"],
)  # fmt: skip
def test_ordinary_words_get_none(words):
    assert text.nudges(words) == ()
