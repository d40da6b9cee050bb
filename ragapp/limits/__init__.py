"""Rates: how often a person may do what."""
