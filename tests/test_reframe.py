"""The reframing widget from outside: one outcome for anything, nothing kept of it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import phrasebook, reframe
from data.content import ContentError
from tests.collection import CASES, PHRASES, UNSEEN
from tests.conftest import HTMX, soup

PATH = Path(__file__).parent.parent / "data" / "reframe.toml"
BOOK = reframe.load(PATH)
LINES = [
    "I miss feeling close to you",
    "I don’t want us to keep feeling stuck",
    "I think we might need some support together",
]


def outcome(response):
    (element,) = soup(response).select("[data-outcome]")
    return element


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
@pytest.mark.parametrize("phrase", ["You need therapy", "you're the problem", "YOU NEVER COMMUNICATE PROPERLY!!"])
def test_the_articles_phrases_get_the_articles_three_lines(client, phrase, headers):
    response = client.post("/reframe", data={"phrase": phrase}, headers=headers)
    answer = outcome(response)
    assert answer["data-outcome"] == "reframed"
    assert [line.text for line in answer.select("[data-move]")] == LINES
    assert [line["data-move"] for line in answer.select("[data-move]")] == ["longing", "us", "invitation"]
    assert "This shifts the focus away from blame and towards connection." in answer.text
    assert ("<html" in response.text) == (not headers)


def test_another_way_goes_on_from_the_articles_lines_to_ours_and_comes_back_to_them(client):
    said = []
    for turn in range(4):
        answer = outcome(client.post("/reframe", data={"phrase": "You need therapy", "turn": str(turn)}, headers=HTMX))
        said.append([line.text for line in answer.select("[data-move]")])
        assert ("from the article" in answer.text) == (turn in (0, 3))
        assert answer.select_one("button[name=turn]")["value"] == str(turn + 1)
    assert said[0] == said[3] == LINES
    assert len({line for lines in said[:3] for line in lines}) == sum(map(len, said[:3]))
    firmer = outcome(client.post("/reframe", data={"phrase": "You need therapy", "firmer": "0"}, headers=HTMX))
    lines = firmer.select("[data-move]")
    assert [line.text for line in lines[:3]] == LINES
    assert lines[3]["data-move"] == "firm"
    assert "The first three are Jo’s" in firmer.text


def test_the_article_holds_both_forms_and_its_phrases_as_chips(client):
    page = soup(client.get("/"))
    forms = page.select(".reframe form")
    assert [button["value"] for button in forms[0].select("button[name=phrase]")] == list(BOOK.chips)
    assert forms[1].find("textarea")["name"] == "phrase"
    assert not forms[1].find("textarea").has_attr("maxlength")
    for form in forms:
        assert form["data-hx-target"] == "#reframe-answer"
        assert form["data-hx-sync"] == "this:drop"
        assert form.select_one(".status[role=status]")
    assert page.find(id="reframe-said")["role"] == "status"


def test_one_short_line_is_announced_and_the_region_stays(client):
    response = client.post("/reframe", data={"phrase": "You need therapy"}, headers=HTMX)
    (said,) = soup(response).select("[role=status]#reframe-said")
    assert said["data-hx-swap-oob"] == "innerHTML"
    assert len(said.text.split()) < 10


@pytest.mark.parametrize(
    ("phrase", "danger"),
    [
        ("You hit me", "harm"), ("stop hitting me", "harm"), ("I'm scared of you", "harm"), ("You smashed my phone", "harm"),
        ("You won't let me see my sister", "control"), ("Send me your location so I can check", "control"),
        ("I want to kill myself", "crisis"), ("I don't want to be here any more", "crisis"),
        ("you hit the kids", "child"), ("I keep picturing hurting the baby", "crisis"),
    ],
)  # fmt: skip
def test_plain_danger_gets_help_lines_and_no_suggestion(client, phrase, danger):
    response = client.post("/reframe", data={"phrase": phrase}, headers=HTMX)
    answer = outcome(response)
    assert answer["data-outcome"] == "support"
    assert not answer.select("[data-move], mark, [data-copy]")
    assert answer.find("a")["data-leave"] == "", "leaving comes first"
    assert BOOK.messages[danger] in answer.text
    assert answer.select_one("a[href='tel:999']")
    assert len(answer.select(".lines li")) == 4
    assert phrase not in response.text, "the phrase is not shown back"
    (box,) = soup(response).select("textarea#reframe-phrase")
    assert box["data-hx-swap-oob"] == "outerHTML"
    assert box.text.strip() == ""
    page = soup(client.post("/reframe", data={"phrase": phrase}))
    assert page.find(id="reframe-phrase").text.strip() == ""
    assert phrase not in page.text


def test_what_is_not_recognised_gets_the_builder_and_stays_in_the_box(client):
    page = soup(client.post("/reframe", data={"phrase": "My boss never listens to me"}))
    assert page.find(id="reframe-phrase").text.strip() == "My boss never listens to me"
    builder = page.select_one("[data-outcome=build] form.builder")
    assert {field["name"] for field in builder.select("input, select")} == {"happens", "feeling", "want"}
    assert [option.text for option in builder.select("option")] == ["Choose a feeling", *BOOK.feelings]
    assert builder.select_one("option[value='']")
    assert not builder.select_one("option[selected]"), "none is chosen for them"


def test_the_builder_puts_the_three_together_and_checks_them(client):
    given = {"happens": "When the dishes are left.", "feeling": "worn out", "want": "I'd like us to take turns"}
    answer = outcome(client.post("/reframe", data=given, headers=HTMX))
    assert answer["data-outcome"] == "open", "what the builder made is itself read by the engine"
    assert "When the dishes are left, I feel worn out. I’d like us to take turns." in answer.select_one(".say").text
    assert answer.find(id="build-happens")["value"] == given["happens"], "what was typed is still there"
    given["happens"] = "you are a lazy pig"
    again = outcome(client.post("/reframe", data=given, headers=HTMX))
    assert again["data-outcome"] == "reframed"
    assert again.select_one("mark"), "an insult is not made open by a feeling behind it"


def test_danger_in_the_builder_is_met_as_danger(client):
    given = {"happens": "you hit me", "feeling": "hurt", "want": "it to stop"}
    assert outcome(client.post("/reframe", data=given))["data-outcome"] == "support"


@pytest.mark.parametrize("phrase", ["", "   ", "😀", "http://a.example", "<b>x</b>", "x" * 400])
def test_what_is_no_phrase_is_declined_kindly_with_200(client, phrase):
    response = client.post("/reframe", data={"phrase": phrase})
    assert response.status_code == 200
    assert outcome(response)["data-outcome"] == "decline"


def test_a_body_without_the_field_still_gets_one_outcome(client):
    assert outcome(client.post("/reframe", data={"other": "x"}))["data-outcome"] == "decline"
    assert outcome(client.post("/reframe"))["data-outcome"] == "decline"


def test_typed_markup_is_text(client):
    response = client.post("/reframe", data={"phrase": '<img src=x onerror=alert(1)> "{{ 7*7 }}" you need therapy'})
    assert "<img src=x" not in response.text
    assert soup(response).find(id="reframe-phrase").text.strip().startswith("<img src=x")


def test_nothing_typed_is_kept_or_logged(client, app, caplog):
    sentinel = "zebrafinch"
    with caplog.at_level(logging.DEBUG):
        response = client.post("/reframe", data={"phrase": f"you {sentinel} never listen"})
    assert sentinel not in caplog.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    for path in Path(app.config["DATABASE"]).parent.iterdir():
        assert sentinel.encode() not in path.read_bytes()


@given(st.text(max_size=400), st.integers(0, 5))
def test_any_text_at_all_gets_one_outcome_and_the_same_again(phrase, turn):
    answer = reframe.reframe(BOOK, phrase, turn)
    assert answer.outcome in reframe.OUTCOMES
    assert reframe.reframe(BOOK, phrase, turn) == answer
    assert "".join(text for text, _ in reframe.pieces(phrase, answer.marks)) == phrase


def test_the_builder_left_empty_is_still_there(client):
    answer = outcome(client.post("/reframe", data={"happens": "", "feeling": "", "want": ""}, headers=HTMX))
    assert answer["data-outcome"] == "decline"
    assert answer.select("form.builder input[name=happens]")


def test_what_the_builder_cannot_read_comes_back_in_it(client):
    given = {"happens": "the dishes are left " * 20, "feeling": "worn out", "want": "ten minutes to talk"}
    answer = outcome(client.post("/reframe", data=given, headers=HTMX))
    assert answer["data-outcome"] == "decline"
    assert [field["value"] for field in answer.select("input[name=happens], input[name=want]")] == [
        given["happens"],
        given["want"],
    ]
    assert "300 characters" in answer.text


@pytest.mark.parametrize(
    ("happens", "put"),
    [
        ("TV is on all night", "When TV is on all night,"),
        ("Sam forgets", "When Sam forgets,"),
        ("The dishes pile up", "When the dishes pile up,"),
        ("I cook", "When I cook,"),
    ],
)
def test_a_name_keeps_its_capital(happens, put):
    assert reframe.compose(BOOK, happens, "worn out", "").startswith(put)


def test_a_heart_is_no_markup():
    assert reframe.reframe(BOOK, "you never ring <3").outcome == "reframed"
    assert reframe.reframe(BOOK, "<b>you never ring</b>").outcome == "decline"


@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=200))
def test_the_builder_takes_any_text(happens, feeling, want):
    built = reframe.compose(BOOK, happens, feeling, want)
    assert feeling in BOOK.feelings or f"I feel {feeling}." not in built
    assert "  " not in built


@pytest.mark.parametrize(
    ("sent", "built", "lacks"),
    [
        ({"happens": "the dishes are left", "want": "us to take turns"},
         "When the dishes are left, I’d like us to take turns.", "It lacks how you feel."),
        ({"happens": "the dishes are left"}, "When the dishes are left.", "It lacks how you feel and what you’d like."),
        ({"feeling": "worn out"}, "I feel worn out.", "It lacks what happens and what you’d like."),
    ],
)  # fmt: skip
def test_the_builder_says_what_it_lacks_and_does_not_argue_with_what_happens(client, sent, built, lacks):
    answer = outcome(client.post("/reframe", data={"happens": "", "feeling": "", "want": ""} | sent, headers=HTMX))
    assert answer["data-outcome"] in ("build", "open")
    assert built in answer.select_one(".say").text
    assert lacks in answer.text


def test_pieces_cut_the_phrase_at_its_marks():
    marks = (reframe.Mark(4, 9, "a verdict"),)
    assert list(reframe.pieces("you never listen", marks)) == [("you ", None), ("never", marks[0]), (" listen", None)]


@pytest.fixture
def folder(tmp_path):
    """A copy of the phrasebook and its rules, to be spoilt."""
    for name in ("reframe.toml", "reframe-rules.toml", "safety.toml", "likeness.txt", "topics.txt"):
        (tmp_path / name).write_text((PATH.parent / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("reframe.toml", "quiet =", "loud =", r"reframe\.toml:\d+: lacks 'quiet'"),
        ("reframe.toml", "I’m worn out with {thing} landing on me", "You’re lazy about {thing}, and I’m worn out", r"reframe\.toml:\d+: topic 'chores', longing, breaks rule 1"),
        ("reframe.toml", "I’m worn out with {thing} landing on me. I’d love", "I always do {thing}, and I’m worn out. I’d love", r"topic 'chores', longing, breaks rule 3"),
        ("reframe.toml", 'name = "gaming"', 'name = "telly"', r"reframe\.toml:\d+: has two entries named 'telly'"),
        ("reframe.toml", "the flushing: flush*", "the flushing", r"reframe\.toml:\d+: a thing is a name, a colon and what names it: 'the flushing'"),
        ("reframe.toml", "with both phones away", "with both hats away", r"topic 'phone', us, breaks rule 4"),
        ("reframe.toml", "I’m hurt, and I need the truth", "I’m hurt and jealous, and I need the truth", r"topic 'affair', longing, breaks rule 2"),
        ("reframe.toml", 'moves = ["longing", "invitation"]\nlonging = [\n  "I miss us', 'moves = ["longing", "us"]\nlonging = [\n  "I miss us', r"topic 'sex' offers a move it has no lines for"),
        ("reframe-rules.toml", '"calm down" = [', '"calm up" = [', r"reframe-rules\.toml:\d+: names a family"),
        ("reframe-rules.toml", "{abs}(?: [a-z0-9]+)", "{abs}((?: [a-z0-9]+)", r"reframe-rules\.toml:\d+: is not a rule"),
        ("reframe-rules.toml", "neutral = [", "natural = [", r"reframe-rules\.toml:\d+: lacks 'neutral'"),
        ("reframe-rules.toml", "  'calm down',", "  77,", r"reframe-rules\.toml:\d+: is not a rule: 77"),
        ("reframe-rules.toml", "  'calm down',", "  'calm{3,2} down',", r"reframe-rules\.toml:\d+: is not a rule: 'a\{3,2\}'"),
        ("safety.toml", "[[danger]]\nkind = \"harm\"\nsays = [", "[[danger]]\nkind = \"harm\"\ntells = [", r"safety\.toml:\d+: lacks 'says'"),
    ],
)  # fmt: skip
def test_a_malformed_phrasebook_stops_the_start_naming_file_entry_and_rule(folder, name, old, new, what):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=what):
        reframe.load(folder / "reframe.toml")


# ---- What the phrasebook can say ----

LINES_IT_CAN_SAY = list(BOOK.lines())


def test_the_phrasebook_is_as_deep_as_it_was_asked_to_be():
    assert len(BOOK.topics) >= 25
    for topic in BOOK.topics.values():
        assert {"longing", "invitation", "firm"} <= set(topic.said), topic.label
        assert all(len(set(texts)) >= 2 for texts in topic.said.values()), topic.label
    for family in BOOK.families.values():
        assert all(len(set(texts)) >= 2 for texts in family.said.values()), family.name


def test_every_line_it_can_say_passes_the_lint():
    assert len(LINES_IT_CAN_SAY) > 1000
    assert [(where, text) for where, _, text in LINES_IT_CAN_SAY if phrasebook.lint(text)] == []


PLURAL = (
    r"(?:dishes|bins|socks|towels|plates|clothes|shoes|jobs|kids|parents|moods|drugs|messages|things|plans|friends)"
)


def test_every_line_it_can_say_is_grammatical_where_words_are_put_in():
    for where, _, text in LINES_IT_CAN_SAY:
        assert not re.search(rf"\b{PLURAL} (?:is|was|has|does|lands|goes|gets)\b", text), (where, text)
        assert not re.search(r"[{}]|\b(?:a|the) (?:a|the|your|my)\b|\b(?:about|with|over) (?:about|over|of)\b", text), (
            where
        )
        assert not re.search(r"\b(?:about|with|over) (?:I|we|he|she|they)\b", text), (where, text)
        assert "'" not in text, (where, text)


def test_the_family_decides_what_is_never_said():
    """reframing-notes.md of the design, 2: no shared blame where one did it, no pleading, no ban on addiction."""
    by_label = {topic.label: topic for topic in BOOK.topics.values()}
    for label in ("an affair", "the drinking", "the drugs", "the gambling", "shouting and temper"):
        assert "us" not in by_label[label].moves, label
    for name in ("leaving", "ultimatum", "contempt", "shut down", "calm down"):
        assert "us" not in BOOK.families[name].moves
    assert "longing" not in BOOK.families["contempt"].moves
    for where, _, text in LINES_IT_CAN_SAY:
        if "drinking" in where or "drugs" in where:
            assert not re.search(r"\b(?:stop|quit|give up)\b[^.]*\b(?:today|tonight|now)\b", text), text
        if where.startswith("family leaving"):
            assert not re.search(r"\bmiss|\bstay with|\bplease\b", text), text


@pytest.mark.parametrize(
    ("phrase", "family"),
    [
        ("I'm sorry you feel that way.", "half sorry"),
        ("sorry but i was tired ok", "half sorry"),
        ("I said I'm sorry, what more do you want", "half sorry"),
        ("I never said that!", "defending"),
        ("I do listen.", "defending"),
        ("Geez! I forgot, alright?! You never notice what I do right", "defending"),
        ("what have i done now", "defending"),
        ("why are you getting so worked up", "calm down"),
    ],
)
def test_who_answers_back_is_not_given_the_words_of_who_complains(phrase, family):
    answer = reframe.reframe(BOOK, phrase)
    assert (answer.outcome, answer.family, answer.topic) == ("reframed", family, "")


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("I earn it, I'll spend it how I like", "money of your own"),
        ("you spent the holiday money", "money"),
        ("get yourself a proper job", "work and what it pays"),
        ("you're never home from work", "work and home"),
        ("your mates are a bad influence", "your friends"),
        ("you're always out with your friends", "time with friends"),
        ("don't talk to me like that", "how we speak to each other"),
        ("nothing I do is right for you", "criticism"),
        ("you never help me when you come home from work", "the housework"),
    ],
)
def test_what_sounds_alike_is_told_apart_by_whose_side_it_is(phrase, label):
    assert reframe.reframe(BOOK, phrase).sure == BOOK.messages["topic"].replace("{topic}", label)


def test_when_you_did_and_i_felt_is_left_as_it_is_and_a_blow_within_is_not():
    assert reframe.reframe(BOOK, "When you left the party without me, I felt embarrassed").outcome == "open"
    assert reframe.reframe(BOOK, "When you never listen because you're selfish, I feel hurt").outcome == "reframed"


def test_a_real_apology_is_left_as_it_is():
    for phrase in ("I'm so sorry I hurt you", "sorry I forgot your birthday", "I'm sorry but I don't want to do that"):
        assert reframe.reframe(BOOK, phrase).outcome == "open", phrase


# ---- What goes with an answer ----


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
def test_the_words_that_raise_the_guard_are_marked_where_they_stand_with_a_reason_in_words(client, headers):
    phrase = '  You’re SO lazy & you NEVER do the "dishes" & bins'
    answer = outcome(client.post("/reframe", data={"phrase": phrase}, headers=headers))
    assert [mark.text for mark in answer.select("mark")] == ["You’re SO lazy", "NEVER"]
    reasons = [item.text for item in answer.select(".reasons li")]
    assert "names a person" in reasons[0]
    assert "every time" in reasons[1]
    assert phrase in answer.select_one(".phrase").text
    assert "dishes" in answer.select_one("[data-move]").text


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
def test_another_way_and_firmer_go_on_from_the_same_phrase(client, headers):
    first = outcome(client.post("/reframe", data={"phrase": "you never help with the dishes"}, headers=headers))
    form = first.select_one("form.again")
    hidden = {field["name"]: field["value"] for field in form.select("input")}
    more, firmer = (form.find("button", attrs={"name": name}) for name in ("turn", "firmer"))
    said = [line.text for line in first.select("[data-move]")]
    again = outcome(client.post("/reframe", data=hidden | {"turn": more["value"]}, headers=headers))
    assert not set(said) & {line.text for line in again.select("[data-move]")}
    firm = outcome(client.post("/reframe", data=hidden | {"firmer": firmer["value"]}, headers=headers))
    assert [line.text for line in firm.select("[data-move]")][:3] == said
    assert firm.select("[data-move]")[-1]["data-move"] == "firm"
    back = outcome(client.post("/reframe", data=hidden | {"turn": "2"}, headers=headers))
    assert [line.text for line in back.select("[data-move]")] == said, "two variants, then round again"


def test_it_says_how_sure_it_is(client):
    known = outcome(client.post("/reframe", data={"phrase": "you never do the dishes"}))
    assert known.select_one(".sure").text == "This was read as being about the housework."
    unknown = outcome(client.post("/reframe", data={"phrase": "you always do this"}))
    assert unknown.select_one(".sure").text.startswith("Here’s a starting point")


@pytest.mark.parametrize(
    "phrase",
    ["stop shouting at me in front of the kids", "I don't want you going out with him", "you're so controlling"],
)
def test_where_danger_is_possible_but_unsure_lines_stand_beneath_and_nothing_is_marked(client, phrase):
    answer = outcome(client.post("/reframe", data={"phrase": phrase}))
    assert answer["data-outcome"] == "reframed"
    quiet = answer.select_one("[data-lines]")
    assert BOOK.messages["quiet"] in quiet.text
    assert quiet.select_one("a[href='tel:999']")
    assert not answer.select("mark")
    assert not re.search("counsel|therap", answer.text)


# reframing-notes.md of the design, 4.
DECISIONS = [
    ("Stop shouting at me in front of the kids", "reframed", True),
    ("You scare me when you drink", "support", False),
    ("I'm terrified you'll leave me", "open", False),
    ("I'm scared to bring up money with you", "open", True),
    ("You're so controlling", "reframed", True),
    ("You're abusive", "support", False),
    ("I can't do this any more", "reframed", True),
    ("You'd all be happier if I wasn't around", "support", False),
    ("You won't let me pick the film", "reframed", False),
    ("You won't let me see my sister", "support", False),
    ("Send me your location so I can check", "support", False),
    ("I don't want you going out with him", "reframed", True),
    ("She's blocked me, so I'll wait outside her work", "support", False),
    ("I'm not having sex tonight", "open", False),
    ("Stop pestering me for sex", "support", False),
    ("You squeeze my neck and I hate it", "support", False),
    ("You smashed my phone", "support", False),
    ("You've been drinking, you're not driving the kids", "open", True),
    ("I slept with someone else", "build", False),
    ("You cheated on me", "reframed", False),
    ("I've relapsed and can't tell you", "build", False),
    ("I've been really low since the baby came", "open", True),
    ("I keep picturing hurting the baby", "support", False),
    ("My ex hit me, so I flinch when you shout", "open", True),
    ("I could throttle you sometimes", "reframed", False),
]


@pytest.mark.parametrize(
    "phrase",
    [
        "What time do you call this?",
        "What’s wrong with you?",
        "what is your problem",
        "It's me or the games",
        "Whatever.",
    ],
)
def test_what_the_design_calls_a_complaint_is_one(phrase):
    assert reframe.reframe(BOOK, phrase).outcome == "reframed"


@pytest.mark.parametrize(("phrase", "expected", "lines"), DECISIONS, ids=[phrase for phrase, _, _ in DECISIONS])
def test_the_decision_table_holds(phrase, expected, lines):
    for typed in (phrase, phrase.lower().replace("'", ""), phrase.upper()):
        answer = reframe.reframe(BOOK, typed)
        assert (answer.outcome, bool(answer.lines)) == (expected, lines), typed


# ---- The collection: phrases as people type them ----


def groups(case) -> set[str]:
    """Return what a phrase may be taken to be about, as the answer names it: people differ over some."""
    return {BOOK.about.groups.get(name, "") for name in case.topics}


def speaks_for_itself(answer) -> bool:
    """Tell whether this is a family that says the same whatever the topic."""
    own = answer.family == "article" or (answer.family and BOOK.families[answer.family].own)
    return bool(own) and not answer.topic


def misses(cases, right) -> list[str]:
    return [
        f"{case.phrase!r}: {answer.outcome}, {answer.family}, {answer.topic}"
        for case in cases
        if not right(case, answer := reframe.reframe(BOOK, case.phrase))
    ]


# What is asked of phrases, of which, how an answer is right, and of how many at least: met before, and not met.
ASKED = [
    ("the right outcome", lambda case: True, lambda case, answer: answer.outcome == case.outcome, 0.95, 0.9),
    ("danger is heard", lambda case: case.outcome == "support", lambda case, answer: answer.outcome == "support", 0.97, 0.88),
    ("harm, crisis and a child at risk are heard", lambda case: case.what in ("harm", "crisis", "child"), lambda case, answer: answer.outcome == "support", 0.97, 0.88),
    ("innocents are spared", lambda case: case.outcome != "support", lambda case, answer: answer.outcome != "support", 0.99, 0.97),
    ("the topic is kept", lambda case: case.topics, lambda case, answer: answer.topic in groups(case) or speaks_for_itself(answer), 0.8, 0.63),
    ("no wrong topic is claimed", lambda case: case.topics, lambda case, answer: not answer.topic or answer.topic in groups(case), 0.95, 0.8),
]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked[0])
def test_the_collection_is_met(asked):
    _, chosen, right, least, _ = asked
    cases = [case for case in CASES if chosen(case)]
    missed = misses(cases, right)
    assert len(missed) <= (1 - least) * len(cases), "\n".join(missed)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked[0])
def test_so_are_most_phrases_that_nothing_was_fitted_to(asked):
    what, chosen, right, _, least = asked
    cases = [case for case in UNSEEN if chosen(case)]
    missed = misses(cases, right)
    print(f"{what}: {len(cases) - len(missed)} of {len(cases)}")  # pytest -rP shows it
    assert len(missed) <= (1 - least) * len(cases), "\n".join(missed)


def test_lines_stand_beneath_what_is_unsure():
    cases = [case for case in CASES if case.lines]
    missed = misses(cases, lambda case, answer: answer.lines or answer.outcome == "support")
    assert len(missed) <= 0.1 * len(cases), "\n".join(missed)


def test_nothing_was_fitted_to_what_is_unseen():
    assert {case.phrase.casefold() for case in UNSEEN}.isdisjoint(map(str.casefold, PHRASES))


def test_the_collection_is_large_and_no_phrase_stands_in_it_twice():
    assert len(PHRASES) >= 500
    assert len(set(map(str.casefold, PHRASES))) == len(PHRASES)


HEARD = [case.phrase for case in CASES if case.outcome == "support" and BOOK.safety.heard(case.phrase)]


@given(st.sampled_from(HEARD), st.lists(st.sampled_from([p for p in PHRASES if len(p) < 60]), max_size=3))
def test_danger_told_among_other_things_is_heard(danger, others):
    for told in (f"{danger}. {'. '.join(others)}", f"{'. '.join(others)}. {danger}"):
        if len(told) <= reframe.LONGEST_PHRASE:
            assert reframe.reframe(BOOK, told).outcome == "support", told


@given(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3), st.integers(0, 9))
def test_phrases_run_together_get_one_outcome_and_suggestions_that_pass_the_lint(phrases, turn):
    answer = reframe.reframe(BOOK, " ".join(phrases), turn)
    assert answer.outcome in reframe.OUTCOMES
    for suggestion in answer.suggestions:
        assert suggestion.from_article or not phrasebook.lint(suggestion.text)
    assert bool(answer.suggestions) == (answer.outcome == "reframed")
