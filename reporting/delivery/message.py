"""The e-mail that carries a bundle: plain text from the catalogues, the files in one archive."""

from __future__ import annotations

import hashlib
import io
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

from counties import County, Recipient
from reporting.delivery.grants import Bundle
from reporting.texts import Texts

_DAY_ONE = (1980, 1, 1, 0, 0, 0)


def mail(
    bundle: Bundle, recipient: Recipient, county: County, edition: str, *, sender: str, synthetic: bool
) -> EmailMessage:
    """The message to one recipient; equal bundles give equal bytes, its id included.

    Args:
        bundle: the files.
        recipient: to whom.
        county: whose edition.
        edition: its name.
        sender: address that sends.
        synthetic: whether the data are invented; the subject and the text then say so.
    """
    texts = Texts(recipient.language)
    name = flat(county.names.in_language(recipient.language))
    subject = texts.get("delivery-subject", county=name, edition=flat(edition))
    lines = [texts.get("delivery-greeting"), ""]
    if synthetic:
        subject = f"{texts.get('delivery-synthetic')} {subject}"
        lines += [texts.get("synthetic-banner"), ""]
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
    message.add_attachment(
        archive(bundle), maintype="application", subtype="zip", filename=f"{county.slug}_{flat(edition)}.zip"
    )
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
