"""Readings and spread → Forecast."""
