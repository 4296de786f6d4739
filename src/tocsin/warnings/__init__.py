"""Forecast → Warning."""
