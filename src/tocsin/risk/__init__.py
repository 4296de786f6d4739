"""Readings and spread → Forecast.

``SituationTracker`` gathers what is said about one place and one target group and says how the
parts hang together (inheritance); ``RiskModel`` says how likely that is to end in mob violence.
"""

from tocsin.risk.background import CalendarDay, Sources, background
from tocsin.risk.calibration import Calibration, KnownOutcome, calibrate
from tocsin.risk.coefficients import Coefficients, Prior
from tocsin.risk.distance import haversine_km
from tocsin.risk.model import RiskModel
from tocsin.risk.situations import SituationOptions, SituationTracker

__all__ = [
    "CalendarDay",
    "Calibration",
    "Coefficients",
    "KnownOutcome",
    "Prior",
    "RiskModel",
    "SituationOptions",
    "SituationTracker",
    "Sources",
    "background",
    "calibrate",
    "haversine_km",
]
