"""The two ways out: an SMTP server, and a folder. Each says whether a failure may pass by itself."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

from lake.atomic import folder_replaced
from lake.settings import Smtp
from reporting.delivery.grants import Bundle

TOO_LARGE = 552


class DeliveryError(RuntimeError):
    """A delivery that failed: why, and whether trying again may help. It names no address."""

    def __init__(self, reason: str, *, passing: bool) -> None:
        super().__init__(reason)
        self.passing = passing


def send(message: EmailMessage, server: Smtp, password: str | None, *, personal: bool) -> None:
    """Send one message through an SMTP server.

    Args:
        message: the message.
        server: the installation's server.
        password: its password, when it wants a login.
        personal: whether the message holds records of persons; it then never leaves in clear.

    Raises:
        DeliveryError: the server refused, stalled, dropped the connection, or cannot be trusted with the message.
    """
    if personal and server.security == "none":
        raise DeliveryError("records of persons are not sent in clear; set smtp.security: starttls", passing=False)
    try:
        _send(message, server, password)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise DeliveryError(f"the server refused the recipient ({codes[0]})", passing=codes[0] < 500) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryError(
            "the server offers no encryption or login as asked; see smtp.security", passing=False
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(f"the server refused the login ({error.smtp_code})", passing=False) from None
    except smtplib.SMTPResponseException as error:
        if error.smtp_code == TOO_LARGE:
            megabytes = len(message.as_bytes()) / 1e6
            raise DeliveryError(
                f"the server takes no message of {megabytes:.1f} MB ({TOO_LARGE}); "
                "set smtp.megabytes to what it takes, or name a folder as the address",
                passing=False,
            ) from None
        raise DeliveryError(
            f"the server refused the message ({error.smtp_code})", passing=error.smtp_code < 500
        ) from None
    except ssl.SSLError as error:
        raise DeliveryError(
            f"the server's certificate is not trusted ({error.reason}); see smtp.certificates", passing=False
        ) from None
    except TimeoutError:
        raise DeliveryError(f"the server did not answer in {server.timeout:g} s", passing=True) from None
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise DeliveryError(f"the connection broke ({type(error).__name__})", passing=True) from None


def _send(message: EmailMessage, server: Smtp, password: str | None) -> None:
    context = None if server.security == "none" else _trust(server)
    kind: type[smtplib.SMTP] = smtplib.SMTP
    options = {}
    if server.security == "tls":
        kind, options = smtplib.SMTP_SSL, {"context": context}
    with kind(server.host, server.port, timeout=server.timeout, **options) as link:  # type: ignore[arg-type]
        if server.security == "starttls":
            link.starttls(context=context)
        if server.username:
            link.login(server.username, password or "")
        link.send_message(message)


def _trust(server: Smtp) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(server.certificates) if server.certificates else None)
    except FileNotFoundError:
        raise DeliveryError("the file of smtp.certificates is not there", passing=False) from None


def put(bundle: Bundle, folder: Path) -> None:
    """Write a bundle into a folder; a reader sees the whole of it or nothing.

    Raises:
        DeliveryError: the folder cannot be written.
    """
    try:
        with folder_replaced(folder) as staging:
            for name, content in bundle.files.items():
                path = staging / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError as error:
        raise DeliveryError(f"the folder cannot be written ({error.strerror})", passing=True) from None
