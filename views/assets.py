"""Static files: read once, served under a name with a fingerprint that lets them be kept for ever.

The stylesheet also stands in every cacheable page, so that painting waits for one round trip and no
second; pages that are never kept, which hardly anybody opens first, link it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app
from markupsafe import Markup

from views import ready

blueprint = Blueprint("assets", __name__)

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
IMMUTABLE = "public, max-age=31536000, immutable"


class Assets:
    """The files of a folder.

    A stylesheet is served without its comments and the space between its parts, and with each
    ``url("name")`` naming a fingerprint; a script without the lines that are comments, without indents and
    the line ends that it does not need; a drawing without line ends.
    """

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, bytes] = {}
        self.urls: dict[str, str] = {}
        # Stylesheets last: their fingerprint depends on those of the files they name.
        for path in sorted(folder.iterdir(), key=lambda path: (path.suffix == ".css", path.name)):
            body = path.read_bytes()
            if path.suffix == ".css":
                body = self.squeezed(body.decode("utf-8")).encode()
            elif path.suffix == ".js":
                body = re.sub(rb"^\s*(?://.*\n)?", b"", body, flags=re.MULTILINE)
                body = re.sub(rb"(?<=[{(,;])\n", b"", body)
            elif path.suffix == ".svg":
                body = re.sub(rb"\n\s*", b"", body)
            fingerprint = hashlib.blake2b(body, digest_size=5).hexdigest()
            marked = f"{path.stem}.{fingerprint}{path.suffix}"
            self.files[path.name] = self.files[marked] = body
            self.urls[path.name] = f"/static/{marked}"
        # What readers' pages hold: all but the part for the desk, whose pages link the file.
        whole = (folder / "site.css").read_text(encoding="utf-8")
        self.style = self.squeezed(re.sub(r"/\* ---- desk ---- \*/.*?(?=/\* ---- )", "", whole, flags=re.DOTALL))

    def squeezed(self, style: str) -> str:
        """Return a stylesheet as it is served."""
        style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
        style = re.sub(r"(?<=[{};,:>])\s+|\s+(?=[{}>])", "", style).replace(";}", "}").strip()
        return re.sub(r'url\("([^"/]+)"\)', lambda found: f'url("{self.urls[found[1]]}")', style)


def register(app: Flask) -> str:
    """Read the files and give templates ``asset(name)``, the address of one, and ``style``, the stylesheet for a page.

    Return that stylesheet's hash as a content policy names it (CSP Level 3, section 2.3.1).
    """
    assets = app.extensions["assets"] = Assets(Path(app.root_path) / "static")
    app.jinja_env.globals["asset"] = assets.urls.__getitem__
    # A file of ours, which no visitor's words reach.
    app.jinja_env.globals["style"] = Markup(assets.style)  # noqa: S704  # nosec B704  # nosemgrep: markup-from-words
    app.register_blueprint(blueprint)
    return f"'sha256-{base64.b64encode(hashlib.sha256(assets.style.encode()).digest()).decode()}'"


@blueprint.get("/static/<name>")
@ready.cacheable
def file(name: str) -> Response:
    """Answer a file; for ever under its fingerprint, to be asked again under its plain name."""
    assets: Assets = current_app.extensions["assets"]
    body = assets.files.get(name)
    if body is None:
        abort(404)
    response = Response(body, content_type=TYPES[Path(name).suffix])
    if name not in assets.urls:
        response.headers["Cache-Control"] = IMMUTABLE
    return response
