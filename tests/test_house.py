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
    "backup": {"comments"},
    "likeness": {"safety"},
    "outbox": {"postbox"},
    "phrasebook": {"likeness", "plain", "rules", "safety", "topics"},
    "reframe": {"likeness", "phrasebook", "plain", "safety"},
    "rules": {"plain"},
    "safety": {"plain", "rules"},
    "topics": {"likeness", "plain"},
}
VIEW_HELPERS = {
    "checks",
    "content",
    "database",
    "dates",
    "forms",
    "guard",
    "htmx",
    "logs",
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


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_everything_is_pinned_with_hashes_and_no_address(name):
    pins = (ROOT / ".ci" / name).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z])", pins, flags=re.MULTILINE)[1:]
    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[\w.-]+==\S+ ", package), package
        assert "--hash=sha256:" in package, package
    assert "://" not in pins
    for place in ("Makefile", "Dockerfile"):
        assert "--require-hashes" in (ROOT / place).read_text(encoding="utf-8")


def test_no_word_becomes_markup_and_no_write_is_deferred():
    """What `make audit` asks in full (.ci/semgrep.yml), asked here at every run."""
    for path in [*(ROOT / "data").glob("*.py"), *(ROOT / "views").glob("*.py"), ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rsplit(".", 1)[-1]
                if (path.name, called) == ("assets.py", "Markup"):
                    continue  # our own stylesheet, read at the start
                assert called not in {"Markup", "render_template_string", "from_string", "atomic"}, (
                    f"{path.name}: {called}"
                )
                assert not any(word.arg == "alter" for word in node.keywords), f"{path.name}: alter"
                joined = (
                    called in {"execute", "query"} and node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
                )
                assert not (joined and path.parent.name == "views"), f"{path.name}: SQL put together"
    for path in (ROOT / "templates").rglob("*.*"):
        for found in re.findall(r"\{\{[^}]*\| *safe|\{%-? *autoescape", path.read_text(encoding="utf-8")):
            assert found == "{{ block.html | safe", f"{path}: {found}"


def test_the_examples_take_requests_whole_and_log_neither_address_nor_path():
    nginx = (ROOT / "docs/nginx.conf").read_text(encoding="utf-8")
    assert "proxy_request_buffering on;" in nginx
    (format_,) = re.findall(r"log_format site '(.*?)';", nginx)
    assert set(re.findall(r"\$\w+", format_)) == {
        "$time_iso8601",
        "$request_method",
        "$status",
        "$body_bytes_sent",
        "$request_time",
    }
    assert set(re.findall(r"access_log (.*?);", nginx)) == {"off", "/var/log/nginx/site.log site"}
    assert set(re.findall(r"error_log (.*?);", nginx)) == {"/dev/null emerg"}
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    caddy = (ROOT / "docs/Caddyfile").read_text(encoding="utf-8")
    assert re.search(r"^\t\tbuffer_requests$", caddy, re.MULTILINE)
    assert "exclude http.log.error" in caddy
    assert not re.search(r"^\tlog\b(?! default)", caddy, re.MULTILINE)


def test_what_the_documents_link_to_is_there():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8")):
            found = page.parent / target if target else page
            assert found.exists(), f"{page.name} links to {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
                assert anchor in anchors, f"{page.name} links to {target}#{anchor}"
