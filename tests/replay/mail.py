"""A mail server on loopback, real to its protocol (aiosmtpd), that refuses, stalls and drops when asked."""

from __future__ import annotations

import asyncio
import email
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Behaviour:
    """What the server does with the next messages: one word for each, then it accepts.

    Words: `later` (451), `never` (554), `large` (552), `unknown` (550 for the recipient), `stall`, `drop`,
    `drop_after` (the message is taken, the connection drops before the answer). `stalls` is set once the server
    stalls.
    """

    plan: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    in_clear: int = 0
    stalls: threading.Event = field(default_factory=threading.Event)
    password: str = "a password of the tests"


class _Handler:
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options) -> str:
        if self.behaviour.plan[:1] == ["unknown"]:
            self.behaviour.plan.pop(0)
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        word = self.behaviour.plan.pop(0) if self.behaviour.plan else "accept"
        if word == "stall":
            self.behaviour.stalls.set()
            await asyncio.sleep(30)
        if word == "drop":
            server.transport.abort()
            return "421 gone"
        if word == "large":
            return "552 message exceeds the size limit"
        if word in ("later", "never"):
            return "451 try again later" if word == "later" else "554 not wanted"
        self.behaviour.in_clear += session.ssl is None
        self.behaviour.taken.append(email.message_from_bytes(envelope.content, policy=default))
        if word == "drop_after":
            server.transport.abort()
        return "250 taken"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of loopback and its key, made for the test."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    day = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day - timedelta(days=1))
        .not_valid_after(day + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, secret = folder / "server.pem", folder / "server.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return public, secret


@contextmanager
def mail_server(behaviour: Behaviour, folder: Path, *, encrypted: bool = True) -> Iterator[int]:
    """Serve on loopback; gives the port."""
    options = {}
    if encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(folder))

        def authenticated(server, session, envelope, mechanism, data) -> AuthResult:
            return AuthResult(success=data.password == behaviour.password.encode(), handled=False)

        options = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": authenticated,
            "auth_required": True,
        }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(_Handler(behaviour), hostname="127.0.0.1", port=port, ready_timeout=10, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
