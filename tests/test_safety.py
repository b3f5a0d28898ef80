"""Danger: every rule hears what it is for and spares what only sounds like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import plain, safety
from data.content import ContentError

PATH = Path(__file__).parent.parent / "data" / "safety.toml"
SAFETY = safety.load(PATH)
HEARS = [(rule.kind, phrase) for rule in SAFETY.rules for phrase in rule.hears]
SPARES = [(rule.kind, phrase) for rule in SAFETY.rules for phrase in rule.spares]


@pytest.mark.parametrize(("kind", "phrase"), HEARS, ids=[phrase for _, phrase in HEARS])
def test_a_rule_hears_what_it_is_for(kind, phrase):
    heard = SAFETY.heard(phrase)
    assert heard is not None
    assert heard.kind == kind


@pytest.mark.parametrize(("kind", "phrase"), SPARES, ids=[phrase for _, phrase in SPARES])
def test_a_rule_spares_what_only_sounds_like_it(kind, phrase):
    heard = SAFETY.heard(phrase)
    assert heard is None or heard.kind != kind


def test_there_are_examples_of_every_kind():
    for examples in (HEARS, SPARES):
        assert {kind for kind, _ in examples} == set(safety.KINDS)
    assert len(HEARS) > 80
    assert len(SPARES) > 70


@pytest.mark.parametrize(
    "form", [str.upper, str.title, lambda phrase: phrase.replace("'", "’"), lambda phrase: phrase.replace("'", "")]
)
def test_capitals_and_apostrophes_make_no_difference(form):
    heard = [SAFETY.heard(form(phrase)) is not None for _, phrase in HEARS]
    assert sum(heard) >= 0.97 * len(heard)


@pytest.mark.parametrize(
    ("phrase", "also"),
    [("you put your hands round my throat", "neck"), ("I keep picturing hurting the baby", "baby"), ("you hit me", "")],
)
def test_some_kinds_add_a_sentence(phrase, also):
    assert SAFETY.heard(phrase).also == also


def test_no_common_word_is_taken_for_a_slip_of_another():
    for word in plain.ENGLISH:
        assert plain.plain(word) in ("", word, *plain.SHORT.get(word, "").split("|")), word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("u nver lisen", "you never listen"), ("ALWYAS", "always"), ("yuo", "yuo"), ("ur f***ing phone", "your phone"),
     ("he took my id", "he took my id"), ("id rather not", "i would rather not"), ("intimidate", "intimidate")],
)  # fmt: skip
def test_slips_and_short_forms_are_read_as_meant(typed, meant):
    assert plain.plain(typed) == meant


@given(st.text(max_size=500))
def test_any_text_is_read_without_a_fault(text):
    assert SAFETY.heard(text) == SAFETY.heard(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[[danger]]\nkind = "odd"\nsays = ["x"]\n', "kind of danger is one of"),
        ('[[danger]]\nkind = "harm"\nsays = ["(x"]\n', "is not a rule"),
        ('[[danger]]\nkind = "harm"\nsays = ["{nobody} x"]\n', "no words named 'nobody'"),
        ('[[danger]]\nkind = "harm"\nsays = ["x"]\n', "what it hears and what it spares"),
        ("# nothing\n", "holds no"),
    ],
)
def test_a_malformed_file_stops_the_start_naming_file_and_line(tmp_path, text, what):
    path = tmp_path / "safety.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=what) as error:
        safety.load(path)
    assert str(error.value).startswith(f"{path}:")


@pytest.mark.parametrize(
    "what", ["hit", "slapped", "punched", "kicked", "choked", "strangled", "grabbed", "battered", "headbutted"]
)
def test_no_figure_of_speech_hides_a_blow(what):
    """Where, when and why a blow fell are what figures of speech are made of: none may take the blow out."""
    for who in ("he", "you", "my wife"):
        for more in (
            "", "last night", "that night", "again", "in front of the kids", "in the kitchen", "with his fist", "with the phone",
            "to the floor", "on to the bed", "against the wall", "up against the door", "down the stairs", "like that",
            "so hard i cried", "because dinner was late", "for talking back", "until i cried", "over nothing", "by the arm",
            "round the head", "into the wall", "to shut me up", "when i said no", "while i was pregnant", "and then said sorry",
        ):  # fmt: skip
            assert SAFETY.heard(f"{who} {what} me {more}"), f"{who} {what} me {more}"


@pytest.mark.parametrize(
    "phrase",
    ["he pushed me to the floor", "he beats me in front of the kids", "he beats me with his fists", "he knocked me out with one punch",
     "I cut myself on the arm again", "you pulled my hair out", "he gave me a punch in the face", "he shook me awake and screamed at me",
     "you twisted my arm till it clicked", "he hits\nme", "my fiancé hits me", "you smother me with a pillow"],
)  # fmt: skip
def test_plain_violence_is_heard_however_it_is_set(phrase):
    assert SAFETY.heard(phrase)
