"""Counterfactual pairs: the same question by people who differ in one thing, and what differs in the answers."""
