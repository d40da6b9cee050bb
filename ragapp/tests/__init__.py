"""Whole flows, browser tests and tests of the house rules."""
