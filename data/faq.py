"""The questions and answers of ``faq.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from data.content import Source


@dataclass(frozen=True)
class Question:
    """A question, its answer in paragraphs of plain text, and the slug of its address."""

    slug: str
    question: str
    answer: str


def load(path: Path) -> tuple[Question, ...]:
    """Read the questions in their order; raise `ContentError` where one is malformed."""
    source = Source.read(path)
    questions: list[Question] = []
    for entry in source.toml().get("question", []):
        near = f'"{entry.get("slug", "")}"'
        if set(entry) != {"slug", "question", "answer"}:
            raise source.fault("a [[question]] has slug, question and answer, and nothing else", near)
        question = Question(**{name: str(text).strip() for name, text in entry.items()})
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", question.slug):
            raise source.fault(f"the slug {question.slug!r} is not small letters, digits and hyphens", near)
        if question.slug in {other.slug for other in questions}:
            raise source.fault(f"the slug {question.slug!r} is there twice", near)
        if not question.question or not question.answer:
            raise source.fault(f"{question.slug}: question and answer may not be empty", near)
        questions.append(question)
    if not questions:
        raise source.fault("holds no [[question]]")
    return tuple(questions)
