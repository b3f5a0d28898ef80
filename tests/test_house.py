"""The rules of the house: where imports may point, and what stands at the top."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = {"app.py", "views", "templates", "static", "data", "tests", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE",
       "SECURITY.md", ".gitignore", "Dockerfile", ".dockerignore", "Makefile", ".ci", "docs"}  # fmt: skip
# What the modules of a room may import of their own room.
DATA_HELPERS = {"content", "schema", "text"}
DATA_MORE = {
    "outbox": {"postbox"},
    "phrasebook": {"plain", "safety"},
    "reframe": {"phrasebook", "plain"},
    "safety": {"plain"},
}
VIEW_HELPERS = {
    "checks",
    "content",
    "database",
    "dates",
    "forms",
    "guard",
    "htmx",
    "mail",
    "ready",
    "sender",
    "settings",
}


def imports(path: Path) -> set[str]:
    """Return what a module imports, as dotted names; `from a import b` counts as a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*.py")), ids=lambda path: path.stem)
def test_data_knows_no_flask_no_views_and_no_sibling_but_its_helpers(path):
    allowed = DATA_HELPERS | DATA_MORE.get(path.stem, set())
    for name in imports(path):
        assert not re.match(r"(flask|views|app|werkzeug|wtforms)\b", name), f"{path.name} imports {name}"
        if name.startswith("data."):
            assert name.split(".")[1] in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "views").glob("*.py")), ids=lambda path: path.stem)
def test_views_import_only_the_helpers_of_their_own_room(path):
    if path.stem == "__init__":
        return
    for name in imports(path):
        assert not re.match(r"app\b", name), f"{path.name} imports {name}"
        if name.startswith("views."):
            part_of = path.stem.split("_")[0]  # desk_search is a part of desk
            assert name.split(".")[1] in VIEW_HELPERS | {part_of}, f"{path.name} imports {name}"


def test_app_is_a_screenful_without_routes_or_sql():
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    assert not re.search(r"route|\.get\(|SELECT|INSERT", text)


def test_nothing_else_stands_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in listed.splitlines()} <= TOP


def test_one_place_names_htmx_and_no_copy_of_it_is_here():
    found = subprocess.run(
        ["git", "grep", "-lF", "cdn.jsdelivr.net/npm/htmx", "--", "views", "templates", "static", "data", "app.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert found == ["views/guard.py"]
    assert not list((ROOT / "static").glob("*htmx*"))
