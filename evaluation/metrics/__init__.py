"""Measures of retrieval and of answers: plain functions of what was expected and what came."""
