"""Corpora: upload → check → parse → clean → redact → chunk → embed → index, and retrieval for a reader."""
