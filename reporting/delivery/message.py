"""The e-mails that carry a bundle: plain text from the catalogues, the files in an archive.

One e-mail carries it all when a mail server takes it; a larger bundle goes in several, each with whole files.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

from counties import County, Recipient
from reporting.delivery.grants import Bundle
from reporting.texts import Texts

_DAY_ONE = (1980, 1, 1, 0, 0, 0)
# Letters for each byte of an attachment: four for three, and the ends of lines.
IN_LETTERS = 4 / 3 * 78 / 76
# Bytes kept for what a message says beside its archive.
TEXT = 50_000


def mails(
    bundle: Bundle,
    recipient: Recipient,
    county: County,
    edition: str,
    *,
    sender: str,
    synthetic: bool,
    most: float = math.inf,
) -> list[EmailMessage]:
    """The messages to one recipient; equal bundles give equal bytes, their ids included.

    Args:
        bundle: the files.
        recipient: to whom.
        county: whose edition.
        edition: its name.
        sender: address that sends.
        synthetic: whether the data are invented; the subject and the text then say so.
        most: bytes of one message; a file that alone takes more has a message to itself.
    """
    parts = _parts(bundle, most - TEXT)
    return [
        _mail(part, (n, len(parts)), recipient, county, edition, sender=sender, synthetic=synthetic)
        for n, part in enumerate(parts, start=1)
    ]


def _parts(bundle: Bundle, most: float) -> list[Bundle]:
    """The files in order, as many together as their archive may hold once it is written in letters."""
    parts: list[dict[str, bytes]] = [{}]
    room = most
    for name, content in bundle.files.items():
        size = len(archive(Bundle({name: content}))) * IN_LETTERS
        if parts[-1] and size > room:
            parts.append({})
            room = most
        parts[-1][name] = content
        room -= size
    return [Bundle(files) for files in parts]


def _mail(
    bundle: Bundle,
    place: tuple[int, int],
    recipient: Recipient,
    county: County,
    edition: str,
    *,
    sender: str,
    synthetic: bool,
) -> EmailMessage:
    """One message; `place` is its number and how many there are."""
    number, parts = place
    texts = Texts(recipient.language)
    name = flat(county.names.in_language(recipient.language))
    subject = texts.get("delivery-subject", county=name, edition=flat(edition))
    if parts > 1:
        subject = f"{subject} ({number}/{parts})"
    lines = [texts.get("delivery-greeting"), ""]
    if synthetic:
        subject = f"{texts.get('delivery-synthetic')} {subject}"
        lines += [texts.get("synthetic-banner"), ""]
    if parts > 1:
        lines += [texts.get("delivery-part", number=number, parts=parts), ""]
    lines += [texts.get("delivery-contents", files=len(bundle.files))]
    lines += [f"- {flat(file)}" for file in bundle.files]
    if bundle.personal:
        lines += ["", texts.get("delivery-personal")]
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = subject, sender, recipient.address
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = (
        f"<{county.code}.{flat(edition)}.{bundle.fingerprint[:24]}.{reference(recipient)}@{domain}>"
    )
    message.set_content("\n".join([*lines, "", texts.get("delivery-closing"), ""]))
    own = f"_{number}" if parts > 1 else ""
    packed = f"{county.slug}_{flat(edition)}{own}.zip"
    message.add_attachment(archive(bundle), maintype="application", subtype="zip", filename=packed)
    boundary = f"part-{bundle.fingerprint[:24]}"
    message.set_boundary(boundary)
    return message


def archive(bundle: Bundle) -> bytes:
    """The files as one ZIP archive; equal files give equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in bundle.files.items():
            entry = zipfile.ZipInfo(name, _DAY_ONE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return packed.getvalue()


def flat(text: str) -> str:
    """Text on one line: no name can add a header or a line to a message."""
    return " ".join(text.split())


def reference(recipient: Recipient) -> str:
    """What stands for a recipient in receipts and messages instead of the address."""
    return hashlib.sha256(f"{recipient.role}|{recipient.address}".encode()).hexdigest()[:12]
