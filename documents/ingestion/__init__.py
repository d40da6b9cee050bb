"""From bytes to searchable text: parse, clean, redact, chunk, embed, index."""
