"""The rules' index spares trying, never a match; and what is no rule is refused by name."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import plain, reframe, rules
from data.content import ContentError, Source
from tests.collection import PHRASES

BOOK = reframe.load(Path(__file__).parent.parent / "data" / "reframe.toml")
ALL = [(one, rules.whole_words(*one.written)) for one in BOOK.rules()]
WORDS = sorted({word for one in BOOK.rules() for rule in one.written for word in re.findall(r"[a-z]+", rule)})


def agree(reading: plain.Reading) -> None:
    for one, together in ALL:
        match = together.search(reading)
        assert one.met(reading) == (match is not None)
        assert one.met_at(reading) == (match.start() if match else None)


def test_a_phrase_meets_what_it_would_meet_were_every_rule_tried():
    for phrase in PHRASES:
        agree(plain.plain(phrase))


@given(st.lists(st.sampled_from([*WORDS, ".", ",", "?", "~"]), max_size=25))
def test_so_do_any_of_the_rules_own_words(words):
    agree(plain.Reading(" ".join(words)))


def test_few_rules_are_tried_and_a_phrase_of_other_words_is_tried_against_hardly_any():
    total = sum(len(one.written) for one, _ in ALL)
    readings = [plain.plain(phrase) for phrase in PHRASES]
    tried = sum(len(one.tried(reading)) for one, _ in ALL for reading in readings)
    assert tried < 0.03 * total * len(readings)
    assert sum(len(one.tried(plain.Reading("umbrella"))) for one, _ in ALL) < 0.05 * total


@pytest.mark.parametrize(
    ("rule", "beginnings"),
    [
        ("hit me", [{"hit"}, {"me"}]),
        ("hit m[ey]", [{"hit"}]),
        ("no ?more", []),
        ("(?:hits?|slapp\\w*) (?:me|us)", [{"hit", "sla"}, {"me", "us"}]),
        ("(?:never )?listens", [{"lis"}]),
        ("(?:un)?happy", []),
        ("you (?:always|never) (?:go|went) quiet", [{"qui"}, {"alw", "nev"}]),
        ("(?:me|us)", [{"me", "us"}]),
        ("(?:me|us)(?: both)? lots", [{"lot"}, {"me", "us"}]),
        ("(?:me|us)s? ", []),
        ("(?:to me|by us|m[ey])", []),
        ("(?:(?:o[nf]|to me)) lot", [{"lot"}]),
        ("angry(?! with me)", [{"ang"}]),
        ("(?<=so )tired", [{"tir"}]),
        ("(?:[a-z]+ ){0,4}drunk", [{"dru"}]),
        ("kids?", [{"kid"}]),
        ("[a-z]+ing", []),
        ("x{0}worn", []),
        ("(?:hit|throw something at) me", [{"hit", "som"}, {"me"}]),
        ("(?:slam doors|throw plates) again", [{"pla", "sla"}, {"doo", "thr"}]),
    ],
)
def test_a_rule_is_kept_under_what_it_cannot_do_without(rule, beginnings):
    assert list(rules.needed(rule)) == beginnings


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("(?:hit me", "a bracket opens that none closes"),
        ("hit) me", "a bracket closes that none opens"),
        ("(hit) me", "is not of the notation"),
        ("hit|* me", "nothing stands before"),
        ("hit @ me", "is not of the notation"),
        ("hit (?: me", "a bracket opens that none closes"),
        ("(?<=so |very )tired", "look-behind requires fixed-width"),
        ("hit{3,2} me", "min repeat greater than max"),
        ("[z-a] me", "bad character range"),
    ],
)
def test_what_is_no_rule_is_refused_naming_file_line_and_rule(tmp_path, rule, what):
    path = tmp_path / "rules.toml"
    source = Source(path, f"says = [\n  'fine {{who}}',\n  '{rule}',\n]\n")
    with pytest.raises(ContentError, match=what) as error:
        rules.read(source, ["fine {who}", rule], {"who": "you|he"})
    assert str(error.value).startswith(f"{path}:3: is not a rule")


def test_a_list_that_there_is_none_of_is_refused_by_its_name(tmp_path):
    source = Source(tmp_path / "rules.toml", "says = ['fine {nobody}']")
    with pytest.raises(ContentError, match="1: there are no words named 'nobody'"):
        rules.read(source, ["fine {nobody}"], {})


def test_every_rule_of_ours_is_one():
    for one in BOOK.rules():
        one.compile()


@given(st.lists(st.sampled_from(["hit", "me", " ", "|", "(?:", "(?<=", "(?!", ")", "?", "*", "{2}", "{3,1}", "[a-", "z]", "\\w", "^", "."]), max_size=12))  # fmt: skip
def test_whatever_the_notation_takes_python_takes(parts):
    rule = "".join(parts)
    with suppress(ValueError):
        rules.needed(rule)
        rules.whole_words(rule)


def test_lists_are_written_out_wherever_a_rule_names_them():
    source = Source(Path("rules.toml"), "")
    words = {"who": "you|my {kin}", "kin": "mum|dad"}
    (rule,) = rules.written_out(source, ["{who*}left ... {kin?}alone"], words)
    assert rule == "(?:(?:you|my (?:mum|dad)) ){0,4}left (?:[a-z0-9]+ ){0,4}(?:(?:mum|dad) )?alone"


def test_idioms_are_taken_out_wherever_they_stand():
    read = plain.plain("You're killing me, babe. I could murder a curry")
    assert BOOK.safety.idioms.taken_out(read) == "~ , babe . ~ curry"
