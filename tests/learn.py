"""Fit `data/likeness.txt` to the collection of phrases; ``make learn`` runs it.

Multinomial logistic regression over runs of words (scikit-learn). Prints what cross-validation says of it:
how it does on phrases that it was not fitted to, without any rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from data import likeness, reframe
from data.likeness import CLASSES, POINTS_OF_E, SAFE, Likeness
from data.plain import plain
from tests import collection

DATA = Path(__file__).parent.parent / "data"
RARE = 2  # phrases; a run that stands in fewer tells nothing
LEAST = 8  # points; a run that gives or takes fewer is left out
TRUST = 0.2  # in the collection over the belief that no run tells anything (C of the regression)
HEAD = """# How much a run of words speaks for each outcome, in points; see likeness.py. Written by `make learn`: do not edit.
# Fitted to phrases {digest}
# words: {classes}
"""


def fit(readings: Sequence[str], classes: Sequence[str]) -> Likeness:
    """Return the points that tell the classes of these readings apart."""
    # Scaled by how rare they are (idf), runs that stand everywhere are held down: they tell how people write.
    scaled = TfidfVectorizer(analyzer=likeness.runs, min_df=RARE, binary=True, norm=None)
    model = LogisticRegression(C=TRUST, max_iter=2000, tol=1e-3)
    model.fit(scaled.fit_transform(readings), [CLASSES.index(each) for each in classes])
    points = numpy.rint(model.coef_ * scaled.idf_ * POINTS_OF_E).astype(int).T.tolist()
    start = numpy.rint(model.intercept_ * POINTS_OF_E).astype(int).tolist()
    named = zip(scaled.get_feature_names_out(), points, strict=True)
    return Likeness(tuple(start), {words: tuple(each) for words, each in named if max(map(abs, each)) >= LEAST})


def validated(readings: Sequence[str], classes: Sequence[str]) -> str:
    """Return how phrases in eight parts are judged by points that were fitted to the other seven."""
    right = heard = flagged = 0
    for taught, asked in KFold(8, shuffle=True, random_state=1).split(readings):
        fitted = fit([readings[at] for at in taught], [classes[at] for at in taught])
        for at in asked:
            points = fitted.weigh(readings[at])
            danger = likeness.danger(points)
            is_danger = classes[at] not in SAFE
            heard += is_danger and bool(danger)
            flagged += not is_danger and bool(danger)
            right += bool(danger) if is_danger else not danger and max(SAFE, key=points.__getitem__) == classes[at]
    dangers = sum(each not in SAFE for each in classes)
    return (
        f"Alone, on phrases it was not fitted to: {right} of {len(classes)} outcomes, "
        f"danger {heard} of {dangers}, innocents flagged {flagged} of {len(classes) - dangers}"
    )


def main() -> None:
    """Fit, validate, write."""
    book = reframe.load(DATA / "reframe.toml")
    known = collection.classed(book)
    readings = [str(book.safety.idioms.taken_out(plain(phrase))) for phrase, _ in known]
    classes = [each for _, each in known]
    print(validated(readings, classes))
    fitted = fit(readings, classes)
    lines = [f"{words}: {' '.join(map(str, points))}\n" for words, points in sorted(fitted.points.items())]
    head = HEAD.format(digest=collection.digest(known), classes=" ".join(CLASSES))
    start = f"(start): {' '.join(map(str, fitted.start))}\n"
    (DATA / "likeness.txt").write_text(head + start + "".join(lines), encoding="utf-8")
    print(f"{len(lines)} runs of words in data/likeness.txt, from {len(known)} phrases")


if __name__ == "__main__":
    main()
