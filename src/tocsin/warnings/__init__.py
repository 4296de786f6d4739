"""Forecast → Warning: levels and their caps, a warning's life, and its reasons in plain words."""

from tocsin.warnings.levels import ceiling
from tocsin.warnings.policy import WarningDesk, WarningPolicy
from tocsin.warnings.window import Window, called_window
from tocsin.warnings.wording import STANDING_UNSEEN, place_label, reasons

__all__ = [
    "STANDING_UNSEEN",
    "WarningDesk",
    "WarningPolicy",
    "Window",
    "called_window",
    "ceiling",
    "place_label",
    "reasons",
]
