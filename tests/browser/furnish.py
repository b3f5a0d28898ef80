"""Something on every page: comments in each state, a message, Jo signed in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from app import create_app
from data import comments, schema
from tests.conftest import link
from tests.serving import Site
from tests.test_comments import send
from tests.test_contact import send as write_to_jo
from tests.test_desk import do

NOW = 1_700_000_000
# The names of every page there is; `furnish` says where each one is.
EVERY = ["article", "answers", "answer", "widget", "comments", "comment form", "contact", "sent", "help lines", "privacy",
         "accessibility", "no such page", "not that way", "sign in", "old link", "confirm", "own, waiting", "own, published",
         "own, declined", "own, withdrawn", "desk", "desk, published", "desk, declined", "desk, suspected", "desk, messages",
         "desk, archived", "desk, a comment", "desk, a message", "desk, trail"]  # fmt: skip


@dataclass(frozen=True)
class Furnished:
    """The paths of every page there is, and what signs a browser in at the desk."""

    pages: dict[str, str]
    signed_in: dict[str, Any]


def furnish(site: Site) -> Furnished:
    """Fill a running site's database and name its pages."""
    app = create_app({"DATABASE": str(site.folder / "site.sqlite3"), "LIMITS": False})
    reader, jo = app.test_client(), app.test_client()
    own = {
        state: send(reader, f"Kept to be {state}.\n\nHe hit me.", name="Hannah", nudged="1").headers["Location"]
        for state in ("waiting", "published", "declined", "withdrawn")
    }
    reader.post(f"{own['withdrawn']}/withdraw")
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        number = {
            row["body"].partition(".")[0].removeprefix("Kept to be "): row["id"]
            for row in db.query("SELECT id, body FROM comments WHERE name = 'Hannah'")
        }
        for state in ("published", "declined"):
            comments.decide(db, comments.find(db, number[state]), state, NOW)
    link_path = link(app)
    jo.post(link_path)
    do(jo, f"/desk/comments/{number['published']}/reply", body="Thank you for saying so.", key="furnished")
    safe = {"how": "call", "telephone": "07700 900123", "times": "before 3", "safe_text": "y", "name": "Sam"}
    thanks = write_to_jo(reader, **safe).headers["Location"]
    with closing(schema.connect(app.config["DATABASE"])) as db:
        message = db.execute("SELECT max(id) FROM messages").fetchone()[0]
    cookie = jo.get_cookie(app.config["SESSION_COOKIE_NAME"], path=app.config["SESSION_COOKIE_PATH"] or "/")
    assert cookie is not None
    return Furnished(
        pages={
            "article": "/",
            "answers": "/faq",
            "answer": "/faq/when-should-i-worry",
            "widget": "/reframe",
            "comments": "/comments",
            "comment form": "/comments/new",
            "contact": "/contact",
            "sent": thanks,
            "help lines": "/support",
            "privacy": "/privacy",
            "accessibility": "/accessibility",
            "no such page": "/no-such-page",
            "not that way": "/desk/sign-out",
            "sign in": "/desk/sign-in",
            "old link": link_path,
            "confirm": link(app),
        }
        | {f"own, {state}": path for state, path in own.items()}
        | {
            "desk": "/desk",
            "desk, published": "/desk/comments/published",
            "desk, declined": "/desk/comments/declined",
            "desk, suspected": "/desk/comments/suspected",
            "desk, messages": "/desk/messages/new",
            "desk, archived": "/desk/messages/archived",
            "desk, a comment": f"/desk/comments/{number['waiting']}",
            "desk, a message": f"/desk/messages/{message}",
            "desk, trail": "/desk/trail",
        },
        signed_in={
            "cookies": [{"name": cookie.key, "value": cookie.value, "domain": "127.0.0.1", "path": cookie.path}],
            "origins": [],
        },
    )


def visit_page(visit: Callable[..., Page], furnished: Furnished, name: str, **options: Any) -> Page:
    """Open one of `EVERY` page, signed in where it is of the desk; what an error page answers is no complaint."""
    signed_in = {"storage_state": furnished.signed_in} if name.startswith("desk") else {}
    return visit(
        furnished.pages[name], tolerate=("status of 403", "status of 404", "status of 405"), **signed_in, **options
    )
