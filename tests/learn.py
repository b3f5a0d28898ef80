"""Fit `data/likeness.txt` and `data/topics.txt` to the collection of phrases; ``make learn`` runs it.

Multinomial logistic regression over runs of words (scikit-learn). Prints what cross-validation says of each:
how it does on phrases that it was not fitted to, without any rule or cue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from data import likeness, reframe, topics
from data.likeness import POINTS_OF_E, Likeness
from data.phrasebook import Phrasebook
from data.plain import plain
from data.safety import KINDS
from tests import collection

DATA = Path(__file__).parent.parent / "data"
PARTS = 8  # of the collection, each asked about what the others taught
RARE = 1  # phrases; a run that stands in fewer tells nothing
LEAST = 2  # points; what a run gives or takes is left out where it is less: many a little makes much
TRUST, TOPIC_TRUST = 0.2, 0.4  # in the collection over the belief that no run tells anything (C of the regression)
# Of a run that tells: what a run of nothing but binding words tells is the outcome, and hardly the danger or topic.
BINDING, TOPIC_BINDING = 0.5, 1.0
WORDS_COUNT = 0.6  # of a phrase: what is listed for a topic is said in others too
HEAD = """# {what}; see {module}. Written by `make learn`: do not edit.
# Fitted to phrases {digest}
# After a run of words, in pairs: the number of a class, in the order of (start), and its points.
"""

Case = TypeVar("Case", bound=tuple[Any, ...])
Known = tuple[str, str, float]  # a reading, its class, and how much it counts
Fitted = tuple[dict[str, int], dict[str, dict[str, int]]]  # points by class: at the start, and of each run


def fit(known: Sequence[Known], length: int, trust: float, binding: float, *, is_signed: bool) -> Fitted:
    """Return the points that tell the classes of readings apart: those of the start, and those of each run.

    ``length`` is that of the longest run, ``binding`` how much a run counts that only holds others together. Where
    points are not signed, a run only speaks for classes, never against one: of many classes, nearly all.
    """
    readings = [reading for reading, _, _ in known]
    often = Counter(run for reading in set(readings) for run in likeness.runs(reading, length))
    runs = sorted(run for run, times in often.items() if times >= RARE)
    # Scaled by how rare they are (idf), runs that stand everywhere are held down: they tell how people write.
    scaled = TfidfVectorizer(
        analyzer=lambda reading: likeness.runs(reading, length), vocabulary=runs, binary=True, norm=None
    )
    counted = scaled.fit_transform(readings)
    telling = numpy.array([1.0 if likeness.is_telling(run) else binding for run in runs])
    model = LogisticRegression(C=trust, max_iter=2000, tol=1e-3)
    model.fit(
        counted.multiply(telling).tocsr(), [each for _, each, _ in known], sample_weight=[much for _, _, much in known]
    )
    classes = model.classes_.tolist()
    points = numpy.rint(model.coef_ * scaled.idf_ * telling * POINTS_OF_E).astype(int).T
    kept = (numpy.abs(points) if is_signed else points) >= LEAST
    start = numpy.rint(model.intercept_ * POINTS_OF_E).astype(int).tolist()
    given = {
        run: {classes[at]: int(points[row, at]) for at in numpy.flatnonzero(kept[row])} for row, run in enumerate(runs)
    }
    return dict(zip(classes, start, strict=True)), {run: of for run, of in given.items() if of}


def outcomes(book: Phrasebook, cases: Sequence[tuple[str, str]]) -> Fitted:
    """Return the points of what is no danger, and those of its kinds and of there being none."""
    known = [(str(book.safety.idioms.taken_out(plain(phrase))), what, 1.0) for phrase, what in cases]
    innocent = [(reading, what, much) for reading, what, much in known if what not in KINDS]
    either = [(reading, what if what in KINDS else likeness.NO_DANGER, much) for reading, what, much in known]
    safe, given = fit(innocent, likeness.LONGEST_RUN, TRUST, 1.0, is_signed=True)
    kinds, dangers = fit(either, likeness.LONGEST_RUN, TRUST, BINDING, is_signed=True)
    return safe | kinds, {run: given.get(run, {}) | dangers.get(run, {}) for run in given | dangers}


def about(cases: Sequence[tuple[str, tuple[str, ...]]]) -> Fitted:
    """Return the points of topics, and of there being none."""
    known = [(str(plain(phrase)), name, 1 / len(named)) for phrase, named in cases for name in named]
    known += [(str(plain(words)), name, WORDS_COUNT) for words, name in collection.topic_words()]
    return fit(known, topics.LONGEST_RUN, TOPIC_TRUST, TOPIC_BINDING, is_signed=False)


def parts(cases: Sequence[Case]) -> Iterator[tuple[list[Case], list[Case]]]:
    """Yield what teaches and what is then asked, part by part; of phrases that read alike, one."""
    each = list({str(plain(case[0])): case for case in cases}.values())
    for taught, asked in KFold(PARTS, shuffle=True, random_state=1).split(each):
        yield [each[at] for at in taught], [each[at] for at in asked]


def outcomes_validated(book: Phrasebook, cases: Sequence[tuple[str, str]]) -> str:
    """Return how phrases are judged by points that were not fitted to them."""
    told: Counter[str] = Counter()
    for taught, asked in parts(cases):
        fitted = _read(outcomes(book, taught))
        for phrase, what in asked:
            points = fitted.weigh(book.safety.idioms.taken_out(plain(phrase)))
            danger = likeness.danger(points)
            told["danger" if what in KINDS else "innocent"] += 1
            told["heard" if what in KINDS else "flagged"] += bool(danger)
            told["right"] += bool(danger) if what in KINDS else not danger and likeness.rather(points, what, 0) == what
    return (
        f"Outcomes, of phrases not fitted to: {told['right']} of {len(cases)} right, danger {told['heard']} of "
        f"{told['danger']}, innocents flagged {told['flagged']} of {told['innocent']}"
    )


def about_validated(book: Phrasebook, cases: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Return what phrases are taken to be about by points that were not fitted to them, and by no cue."""
    told: Counter[str] = Counter()
    for taught, asked in parts(cases):
        finder = replace(book.about, cues={}, like=_read(about(taught)))
        for phrase, named in asked:
            name = finder.find(plain(phrase))
            groups = {book.about.groups.get(each) for each in named}
            told["none" if name is None else "kept" if book.about.groups[name] in groups else "wrong"] += 1
    return (
        f"Topics, of phrases not fitted to: {told['kept']} of {len(cases)} kept, {told['wrong']} wrong, "
        f"{told['none']} not claimed"
    )


def _read(fitted: Fitted) -> Likeness:
    """Return points as the engine reads them from a file."""
    start, given = fitted
    number = {name: at for at, name in enumerate(start)}
    pairs = {run: [each for name, points in of.items() for each in (number[name], points)] for run, of in given.items()}
    return Likeness.of(start, pairs.items())


def write(name: str, fitted: Fitted, what: str, module: str, known: object) -> None:
    """Write points to a file of the data, saying what they are and what they were fitted to."""
    head = HEAD.format(what=what, module=module, digest=collection.digest(known))
    (DATA / name).write_text(head + likeness.written(*fitted), encoding="utf-8")
    print(f"{len(fitted[1])} runs of words in data/{name}")


def main() -> None:
    """Fit, validate, write."""
    book = reframe.load(DATA / "reframe.toml")
    classed, topical = collection.classed(book), collection.topical()
    print(outcomes_validated(book, classed))
    print(about_validated(book, topical))
    what = "How much a run of words speaks for each outcome"
    write("likeness.txt", outcomes(book, classed), what, "likeness.py", sorted(classed))
    words = collection.topic_words()
    what = "How much a run of words speaks for each topic"
    write("topics.txt", about(topical), what, "topics.py", [sorted(topical), sorted(words)])


if __name__ == "__main__":
    main()
