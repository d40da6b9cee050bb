"""Figures for the dashboard pages; one module each."""
