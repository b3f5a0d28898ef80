"""What must hold for every page the site serves, whatever it is about."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# What may not stand inside a paragraph: HTML, section 4.4.1, "phrasing content".
BLOCKS = {"article", "aside", "blockquote", "details", "div", "fieldset", "figure", "footer", "form", "h1", "h2", "h3",
          "h4", "header", "li", "main", "nav", "ol", "p", "section", "table", "ul"}  # fmt: skip


class Vetted(HTMLParser):
    """Parses strictly: every element closed in order, nothing where it may not stand."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.stack: list[str] = []
        self.title = ""
        self.feed(html)
        self.close()
        assert not self.stack, f"left open: {self.stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        values = {name: value or "" for name, value in attrs}
        assert not (tag in BLOCKS and "p" in self.stack), f"<{tag}> inside <p>: {self.stack}"
        assert not (tag in {"a", "button"} and {"a", "button"} & set(self.stack)), f"<{tag}> inside a control"
        assert not (tag == "form" and "form" in self.stack), "a form inside a form"
        self.elements.append((tag, values))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack.pop() == tag, f"</{tag}> out of order in {self.stack}"

    def handle_data(self, data: str) -> None:
        if self.stack[-1:] == ["title"] and "svg" not in self.stack:
            self.title += data


def vet(html: str, *, whole: bool) -> None:
    """Assert what every page, or every fragment, must be."""
    page = Vetted(html)
    every = page.elements
    ids = [values["id"] for _, values in every if "id" in values]
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(name for name in ids if ids.count(name) > 1)}"
    for tag, values in every:
        assert not any(name.startswith("on") or "hx-on" in name for name in values), f"a handler on <{tag}>"
        assert "style" not in values, f"an inline style on <{tag}>"
        if tag == "form":
            assert values.get("action", "").startswith("/"), "a form without an action of ours"
            assert values.get("method") in ("get", "post"), "a form without a method"
            if "data-hx-post" in values:
                assert values["data-hx-post"] == values["action"], "htmx posts elsewhere than the form"
        if tag == "script" and "src" not in values:
            assert values.get("type") == "application/ld+json", "an inline script"
        field = tag in {"input", "textarea", "select"} and values.get("type") not in {"hidden", "submit"}
        if field and "data-hx-swap-oob" not in values:  # one that takes the place of another has its label already
            assert any(t == "label" and v.get("for") == values.get("id") for t, v in every), f"{values} has no label"
        for name in ("aria-labelledby", "aria-describedby"):
            for target in values.get(name, "").split():
                assert target in ids or not whole, f"{name} names no {target!r}"
    if not whole:
        assert not {"html", "script", "meta", "link", "style", "h1"} & {tag for tag, _ in every}
        return
    assert html.startswith("<!doctype html>")
    assert [tag for tag, _ in every].count("h1") == 1, "not one h1"
    assert dict(every)["html"]["lang"] == "en-GB"
    assert page.title.strip().endswith("– Jo Watson")
    assert len(page.title) > len("– Jo Watson") + 4
