"""Personal data in a text: found by patterns with check digits, by labels, and by a model that knows names."""
