"""Replay on a clock."""
