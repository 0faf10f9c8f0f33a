"""How the figures of an edition are protected, in the words of a product."""

from __future__ import annotations

from collections.abc import Callable

from counties import DisclosureSettings


def told_protection(settings: DisclosureSettings, say: Callable[..., str], hidden: str, rounded: str) -> str:
    """What a product says of small figures.

    Args:
        settings: the county file's.
        say: gives a message's text, as `Texts.get` does.
        hidden: message where small counts are: `$top` is the largest of them, `$smallest` the fewest of a rate.
        rounded: message where counts are rounded to multiples of `$base`.
    """
    limits = {"top": str(settings.k - 1), "smallest": str(settings.min_denominator)}
    return say(rounded, base=str(settings.base), **limits) if settings.mode == "round" else say(hidden, **limits)
