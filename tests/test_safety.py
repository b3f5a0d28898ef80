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
