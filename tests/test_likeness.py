"""Likeness: what the words of all known phrases speak for, where no rule foresaw a wording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data import likeness, reframe, safety
from data.content import ContentError
from data.plain import plain
from tests import collection

PATH = Path(__file__).parent.parent / "data" / "likeness.txt"
BOOK = reframe.load(PATH.with_name("reframe.toml"))
LEAD, MORE = likeness.LEAD, likeness.LEAD + 1
EVEN = dict.fromkeys(likeness.CLASSES, 0)


def test_the_points_are_fitted_to_the_phrases_there_are():
    fitted = collection.digest(sorted(collection.classed(BOOK)))
    assert f"# Fitted to phrases {fitted}\n" in PATH.read_text(encoding="utf-8"), "run make learn"


def test_a_phrase_is_weighed_by_its_runs_of_words():
    expected = {"^", "you", "neve", "ring", "$", "^ you", "you neve", "neve ring", "ring $"}
    for reading in ("you never ring", "he never rings", "they never ringing"):
        assert set(likeness.runs(reading)) == expected
    start = EVEN | {"reframed": 1}
    points = likeness.Likeness.of(start, [("neve", [0, 2, 6, -3]), ("you neve", [0, 1])])
    assert points.weigh("she never never ring") == start | {"reframed": 4, "control": -3}
    assert points.weigh("she never never ring", length=1) == start | {"reframed": 3, "control": -3}


@pytest.mark.parametrize(
    ("points", "outcome", "kind", "rather"),
    [
        ((0, 0, 0, 0, 0, 0, MORE, 0, 0), "open", "control", "open"),
        ((0, 0, 0, 0, 1, 0, MORE, 0, 0), "open", "", "open"),
        ((MORE, 0, 0, 0, MORE, MORE, 0, 0, 0), "open", "", "reframed"),
        ((LEAD, 0, 0, 0, 0, 0, 0, 0, 0), "open", "", "open"),
        ((MORE, 0, 1, 0, 0, 0, 0, 0, 0), "build", "", "build"),
        ((0, 0, 0, MORE, 0, 0, 0, 0, 0), "build", "", "decline"),
    ],
)
def test_only_a_clear_lead_is_believed(points, outcome, kind, rather):
    weighed = dict(zip(likeness.CLASSES, points, strict=True))
    assert likeness.danger(weighed) == kind
    assert likeness.rather(weighed, outcome, LEAD) == rather


def dangerous(phrase: str) -> bool:
    return bool(likeness.danger(BOOK.likeness.weigh(BOOK.safety.idioms.taken_out(plain(phrase)))))


def test_danger_that_no_rule_hears_is_heard_by_its_likeness():
    unforeseen = [
        case.phrase
        for case in collection.CASES
        if case.outcome == "support" and not BOOK.safety.heard(case.phrase) and dangerous(case.phrase)
    ]
    assert unforeseen
    for phrase in unforeseen:
        answer = reframe.reframe(BOOK, phrase)
        assert answer.outcome == "support", phrase
        assert answer.danger in safety.KINDS, phrase


def test_innocents_are_seldom_like_danger():
    innocent = [case.phrase for case in collection.CASES if case.outcome != "support"]
    assert sum(map(dangerous, innocent)) <= 0.01 * len(innocent)


@pytest.mark.parametrize(
    "limit", ["I'm not having sex tonight", "please don't read my diary", "I've relapsed and can't tell you"]
)
def test_a_limit_and_a_confession_stay_what_they_are_whatever_their_words_are_like(limit):
    harsh = replace(BOOK, likeness=likeness.Likeness.of(EVEN | {"reframed": 999}, []))
    assert reframe.reframe(harsh, limit).outcome == reframe.reframe(BOOK, limit).outcome != "reframed"


def test_a_refusal_is_left_as_it_is_with_lines_beneath_where_it_reads_like_danger():
    harsh = replace(BOOK, likeness=likeness.Likeness.of(EVEN | {"harm": 99}, []))
    answer = reframe.reframe(harsh, "I'm not having sex tonight")
    assert (answer.outcome, answer.note, answer.lines) == ("open", BOOK.messages["limit"], "partner")
    assert reframe.reframe(harsh, "you never ring").outcome == "support"


def weighed(phrase: str, **points: int) -> reframe.Answer:
    """Answer a phrase whose words give so many points to the classes named, and to others none."""
    return reframe.reframe(replace(BOOK, likeness=likeness.Likeness.of(EVEN | points, [])), phrase)


def test_no_rule_of_danger_is_overruled():
    assert weighed("You smashed my phone", safe=9999).outcome == "support"


def test_danger_that_is_possible_has_lines_beneath():
    lines = [weighed("you never ring", safe=reframe.UNSURE - more).lines for more in (0, 1)]
    assert lines == ["", "partner"]
    assert weighed("you never ring", safe=LEAD).outcome == "reframed"
    assert weighed("you never ring", harm=MORE).outcome == "support"


@pytest.mark.parametrize(
    ("phrase", "given", "other", "lead"),
    [
        ("you never ring", "reframed", "open", reframe.LEADS["reframed"]),
        ("could we talk tonight", "open", "reframed", reframe.LEADS["open"]),
        ("umbrella under the umbrella", "build", "open", reframe.LEADS["build"]),
        ("I love how you are with the kids", "open", "reframed", reframe.PRAISE),
    ],
)
def test_what_a_rule_says_stands_until_another_outcome_leads_it_by_enough(phrase, given, other, lead):
    safe = reframe.UNSURE
    assert weighed(phrase, safe=safe, **{other: lead}).outcome == given
    assert weighed(phrase, safe=safe, **{other: lead + 1}).outcome == other


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("you never 3\n", r"likeness\.txt:2: is not words, a colon and pairs"),
        ("you never: 0\n", r"likeness\.txt:2: is not words, a colon and pairs"),
        ("you never: 99 7\n", r"likeness\.txt:2: is not words, a colon and pairs"),
        ("you never: 1 70000\n", r"likeness\.txt:2: is not words, a colon and pairs"),
    ],
)
def test_points_that_are_none_stop_the_start_naming_the_line(tmp_path, text, fault):
    path = tmp_path / "likeness.txt"
    path.write_text(likeness.written(EVEN, {}) + text)
    with pytest.raises(ContentError, match=fault):
        likeness.load(path)


@pytest.mark.parametrize("start", ["", "(start): reframed 0, open 0\n"])
def test_points_that_do_not_weigh_every_class_stop_the_start(tmp_path, start):
    path = tmp_path / "likeness.txt"
    path.write_text(f"# said of it\n{start}")
    with pytest.raises(ContentError, match=r"likeness\.txt:\d: lacks a class in the line of \(start\)"):
        likeness.load(path)


def test_points_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "likeness.txt"
    start = {"open": 3, "own mess": -4}
    path.write_text("# said of it\n" + likeness.written(start, {"you neve": {"open": 2, "own mess": -300}}))
    assert likeness.load(path, ()) == likeness.Likeness.of(start, [("you neve", [0, 2, 1, -300])])
