"""Tests of what contradicts what."""
