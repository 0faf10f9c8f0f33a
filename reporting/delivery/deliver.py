"""Delivering one edition to every recipient of the county file, once, with tries and receipts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from counties import County, Recipient
from lake.settings import Smtp
from reporting.delivery.channels import DeliveryError, put, send
from reporting.delivery.grants import Bundle, granted, units_not_found
from reporting.delivery.message import mails, reference
from reporting.delivery.receipts import DELIVERED, FAILED, Receipt, has_received, keep


@dataclass(frozen=True)
class Post:
    """What a delivery needs beside the recipients.

    Attributes:
        county: the county.
        edition: name of the edition.
        release: its folder.
        restricted: folder of the units' work lists.
        folders: where folders of recipients that are not absolute begin.
        receipts: file of the county's receipts.
        smtp: the mail server; None when the installation has none.
        password: its password.
        synthetic: whether the data are invented.
        now: tells the time, UTC.
        wait: waits so many seconds.
    """

    county: County
    edition: str
    release: Path
    restricted: Path
    folders: Path
    receipts: Path
    smtp: Smtp | None
    password: str | None
    synthetic: bool
    now: Callable[[], datetime]
    wait: Callable[[float], None]


def deliver(post: Post) -> list[Receipt]:
    """Deliver to those who have not got the edition yet; a receipt is kept after each.

    Returns:
        The receipts of this run: none for recipients who have the edition already.
    """
    made = []
    for recipient in post.county.recipients:
        if not has_received(post.receipts, post.edition, reference(recipient)):
            receipt = _delivered(recipient, post)
            keep(post.receipts, receipt)
            made.append(receipt)
    return made


def _delivered(recipient: Recipient, post: Post) -> Receipt:
    bundle = granted(recipient, post.county, post.release, post.restricted)
    tries, reason = _tried(recipient, bundle, post)
    return Receipt(
        edition=post.edition,
        recipient=reference(recipient),
        role=recipient.role,
        channel=recipient.channel,
        language=recipient.language,
        status=FAILED if reason else DELIVERED,
        files=len(bundle.files),
        bytes=sum(map(len, bundle.files.values())),
        personal=bundle.personal,
        fingerprint=bundle.fingerprint,
        attempts=tries,
        reason=reason,
        at=post.now().isoformat(timespec="seconds"),
    )


def _tried(recipient: Recipient, bundle: Bundle, post: Post) -> tuple[int, str]:
    """Tries (the most of any message) and, when one failed, why; waits twice as long after each that may pass."""
    if not bundle.files:
        return (
            0,
            "the edition has nothing that this recipient may see; compare areas and units with the county file",
        )
    if lost := units_not_found(recipient, post.restricted):
        units = ", ".join(lost)
        return 0, f"no report in {recipient.language} on: {units}; compare the units with those of the documents"
    if recipient.channel == "mail" and post.smtp is None:
        return 0, "the settings name no mail server (smtp)"
    tries = 0
    for send_one in _steps(recipient, bundle, post):
        own, reason = _until_done(send_one, post)
        tries = max(tries, own)
        if reason:
            return tries, reason
    return tries, ""


def _until_done(step: Callable[[], None], post: Post) -> tuple[int, str]:
    most = post.smtp.attempts if post.smtp else 1
    pause = post.smtp.pause if post.smtp else 0.0
    for number in range(1, most + 1):
        try:
            step()
        except DeliveryError as error:
            if not error.passing or number == most:
                return number, str(error)
            post.wait(pause * 2 ** (number - 1))
        else:
            return number, ""
    raise AssertionError("unreachable: the last try returns")


def _steps(recipient: Recipient, bundle: Bundle, post: Post) -> list[Callable[[], None]]:
    """What is to be done, each by itself: a message that has gone is not sent again for a later one's sake."""
    smtp = post.smtp
    if recipient.channel != "mail" or smtp is None:
        return [partial(put, bundle, post.folders / recipient.address / post.edition)]
    messages = mails(
        bundle, recipient, post.county, post.edition,
        sender=smtp.sender, synthetic=post.synthetic, most=smtp.megabytes * 1e6,
    )  # fmt: skip
    return [partial(send, message, smtp, post.password, personal=bundle.personal) for message in messages]
