"""Topics: what a phrase is about, by the words that name it and by what its words are like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data import reframe, topics
from data.content import ContentError, Source
from data.likeness import Likeness
from data.plain import plain
from tests import collection

PATH = Path(__file__).parent.parent / "data" / "topics.txt"
BOOK = reframe.load(PATH.with_name("reframe.toml"))
ENTRIES = [
    {"name": "sleep", "says": ["snor*", "the duvet"], "hints": ["bed"]},
    {"name": "pets", "says": ["the dog"]},
    {"name": "their cat", "group": "pets", "says": ["the cat"], "weighty": True},
]


def finder(tmp_path, points="(start): none 0\n"):
    path = tmp_path / "topics.txt"
    path.write_text(points)
    return topics.load(path, Source(Path("reframe.toml"), 'name = "sleep"'), ENTRIES)


def test_the_points_are_fitted_to_the_phrases_there_are():
    fitted = collection.digest([sorted(collection.topical()), sorted(collection.topic_words())])
    assert f"# Fitted to phrases {fitted}\n" in PATH.read_text(encoding="utf-8"), "run make learn"


def test_every_topic_but_none_is_one_of_the_phrasebooks_and_has_been_learnt():
    named = {name for case in collection.CASES for name in case.topics}
    assert named - {topics.NONE} == set(BOOK.topics)
    assert {topic for _, topic in collection.topic_words()} == set(BOOK.topics)


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("you snore", "sleep"), ("you hog the duvet", "sleep"), ("the duvets", None), ("bed", None), ("unheard of", None),
        ("the dog snores", None), ("the dog took the duvet", None),
        ("the dog snores under the duvet in bed", "sleep"),
        ("you feed the cat and the dog", "their cat"),
    ],
)  # fmt: skip
def test_words_that_name_a_topic_are_weighed_and_one_must_lead(tmp_path, phrase, name):
    assert finder(tmp_path).find(plain(phrase)) == name


def test_what_its_words_are_like_counts_beside_them(tmp_path):
    learnt = finder(tmp_path, "(start): none 9, pets 0, sleep 0, their cat -9\nwalk: 1 40\nwhat: 0 90\n")
    assert learnt.find(plain("you walked")) == "pets"
    assert learnt.find(plain("whatever, you walked")) is None, "it is more like a phrase about nothing"
    assert learnt.find(plain("you walked and snored")) is None, "two topics come near each other"
    assert learnt.find(plain("you walked and the cat and the dog")) == "pets", "rivals of one group are none"


def test_every_cue_is_written_as_a_phrase_is_read():
    said = [cue.words for cues in BOOK.about.cues.values() for _, cue in cues]
    said += [cue.words for topic in BOOK.topics.values() for _, cues in topic.things for cue in cues]
    whole = [words.strip() for words in said if words.endswith(" ")]  # the others' last words have any ending
    assert [words for words in whole if plain(words) != words] == []


def test_a_topic_that_nobody_has_said_says_so_at_the_start(tmp_path):
    with pytest.raises(ContentError, match=r"reframe\.toml:1: has no topic named 'boats', which topics\.txt weighs"):
        finder(tmp_path, "(start): none 0, boats 3\n")


@pytest.mark.parametrize("cue", ["sn*re", "*snore"])
def test_a_star_elsewhere_than_at_the_end_stops_the_start(tmp_path, cue):
    entries = [{"name": "sleep", "says": [cue]}]
    path = tmp_path / "topics.txt"
    path.write_text("(start): none 0\n")
    with pytest.raises(ContentError, match="a star stands only at the end of a cue"):
        topics.load(path, Source(Path("reframe.toml"), ""), entries)


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("wet towels on my side of the bed again", "own mess"),
        ("it's gone nine and the table was booked for eight", "lateness"),
        ("your thumb never stops scrolling", "phone"),
    ],
)
def test_a_topic_is_known_by_what_is_meant(phrase, name):
    assert BOOK.about.find(plain(phrase)) == name


def test_without_what_is_learnt_few_topics_are_known():
    told = [case for case in collection.CASES if case.topics and topics.NONE not in case.topics]
    unlearnt = replace(BOOK.about, like=Likeness.of(dict.fromkeys(BOOK.about.like.start, 0), []))
    with_it, without = (
        sum(about.find(plain(case.phrase)) in case.topics for case in told) for about in (BOOK.about, unlearnt)
    )
    assert with_it > 1.3 * without
