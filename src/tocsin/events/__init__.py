"""Event history: files of past events → MobEvent. See docs/events.md."""

from __future__ import annotations

from tocsin.events.plain import event_form, event_from_form
from tocsin.events.read import SHAPES, read_events
from tocsin.events.shape import DEFAULT_LAG, Shape

__all__ = ["DEFAULT_LAG", "SHAPES", "Shape", "event_form", "event_from_form", "read_events"]
