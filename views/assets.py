"""Static files: read once, served under a name with a fingerprint that lets them be kept for ever."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app

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

    A stylesheet is served without its comments, and with each ``url("name")`` naming a fingerprint.
    """

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, bytes] = {}
        self.urls: dict[str, str] = {}
        # Stylesheets last: their fingerprint depends on those of the files they name.
        for path in sorted(folder.iterdir(), key=lambda path: (path.suffix == ".css", path.name)):
            body = path.read_bytes()
            if path.suffix == ".css":
                text = re.sub(r"/\*.*?\*/\n*", "", body.decode("utf-8"), flags=re.DOTALL)
                body = re.sub(r'url\("([^"/]+)"\)', lambda found: f'url("{self.urls[found[1]]}")', text).encode()
            fingerprint = hashlib.blake2b(body, digest_size=5).hexdigest()
            marked = f"{path.stem}.{fingerprint}{path.suffix}"
            self.files[path.name] = self.files[marked] = body
            self.urls[path.name] = f"/static/{marked}"


def register(app: Flask) -> None:
    """Read the files and give templates ``asset(name)``, the address of one."""
    assets = app.extensions["assets"] = Assets(Path(app.root_path) / "static")
    app.jinja_env.globals["asset"] = assets.urls.__getitem__
    app.register_blueprint(blueprint)


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
