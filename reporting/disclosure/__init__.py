"""Disclosure control: the one door through which every figure leaves. What is hidden here is hidden everywhere."""

from reporting.disclosure.edition import Protected, protect_inputs
from reporting.disclosure.pattern import hidden_pattern
from reporting.disclosure.protect import Limits, Margin, protect

__all__ = ["Limits", "Margin", "Protected", "hidden_pattern", "protect", "protect_inputs"]
