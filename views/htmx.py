"""Whole page or fragment; the only reader and writer of ``HX-`` headers.

An answer to htmx carries ``HX-Fragment``. The page's script refuses to swap in anything without it,
so that a proxy's error page or a bare fault never takes the place of a form with somebody's words.
"""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request


def wanted() -> bool:
    """Tell whether the request wants a fragment: htmx asks for it and not for a whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"


def fragment(template: str, status: int = 200, **context: Any) -> Response:
    """Return a fragment from its template, which is told that it is one."""
    response = make_response(render_template(template, **{"fragment": True} | context), status)
    response.headers["HX-Fragment"] = "true"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def page_or_fragment(page: str, part: str, status: int = 200, **context: Any) -> Response:
    """Return the whole page to a browser, the fragment to htmx. For answers that are never kept."""
    response = (
        fragment(part, status, **context) if wanted() else make_response(render_template(page, **context), status)
    )
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def into_status(response: Response) -> Response:
    """Have htmx put the fragment on the form's own status line and leave the form as it is."""
    response.headers["HX-Retarget"] = "find .status"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
