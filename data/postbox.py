"""The postbox: one e-mail to an SMTP server, or into a folder where there is none."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

# A try may take this long in all, in seconds. smtplib's own time-out is for each read, so a server that
# drips a byte now and then could hold it for ever.
DEADLINE = 60


class NotSent(Exception):  # noqa: N818 - reads as what happened
    """It was not sent, for a reason that may pass."""


class Refused(NotSent):
    """It was not sent, and trying the same again will not help."""


@dataclass(frozen=True)
class Postbox:
    """Where e-mail goes. With no ``host``, it is written to ``folder``."""

    sender: str
    recipient: str
    folder: Path
    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""
    deadline: float = DEADLINE

    def send(self, message: EmailMessage) -> None:
        """Send one e-mail, once. Raises `NotSent` or `Refused` with a reason without personal data."""
        if self.host:
            self._send_by_smtp(message)
        else:
            self._write_to_folder(message)

    def probe(self) -> None:
        """Go as far as sending one would, without sending any. Raises `NotSent` or `Refused`."""
        if self.host:
            self._send_by_smtp(None)

    def _write_to_folder(self, message: EmailMessage) -> None:
        name = str(message["Message-ID"]).strip("<>").split("@")[0]
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / f"{name}.eml"
            path.touch(mode=0o600)
            path.write_bytes(message.as_bytes())
        except OSError as error:
            raise NotSent(f"the folder cannot be written to ({error.strerror})") from error

    def _send_by_smtp(self, message: EmailMessage | None) -> None:
        server: smtplib.SMTP | None = None
        late = threading.Event()

        def cut() -> None:
            late.set()
            if server is not None and server.sock is not None:
                with contextlib.suppress(OSError):
                    server.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.deadline, cut)
        timer.daemon = True
        timer.start()
        context = ssl.create_default_context()
        try:
            if self.security == "tls":
                server = smtplib.SMTP_SSL(timeout=self.deadline, context=context)
            else:
                server = smtplib.SMTP(timeout=self.deadline)
            server._host = self.host  # type: ignore[attr-defined] # the name that TLS verifies; connect() alone sets none
            server.connect(self.host, self.port)
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                try:
                    server.login(self.user, self.password)
                except UnicodeError as error:  # a setting to be mended, after which the same mail goes
                    raise NotSent("the user name or password has letters that cannot be sent") from error
            if message is None:
                server.noop()
            else:
                server.send_message(message)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()  # it has taken the mail; what follows changes nothing
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise _failure(code)(f"the server refused the recipient ({code})") from error
        except smtplib.SMTPResponseException as error:
            # A wrong login is mended by whoever set it, and then the same mail goes: it may pass.
            kind = NotSent if isinstance(error, smtplib.SMTPAuthenticationError) else _failure(error.smtp_code)
            raise kind(f"the server answered {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            reason = "no answer in time" if late.is_set() or isinstance(error, TimeoutError) else type(error).__name__
            raise NotSent(f"the server could not be used ({reason})") from error
        finally:
            timer.cancel()
            if server is not None:
                server.close()


def _failure(code: int) -> type[NotSent]:
    """Return what a reply code means: 5yz is for good, anything else may pass (RFC 5321, section 4.2.1)."""
    return Refused if 500 <= code < 600 else NotSent
