"""Totals by hour and day, so that a dashboard reads hundreds of rows where there are a million answers."""
