"""Encryption of files and secrets."""
