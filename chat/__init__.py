"""Answers: question → guard → rewrite → retrieve → compose → generate → cite → check → store."""
