"""Judgement: feedback → review → dataset → run → compare → gate → roll out."""
