"""Checks of what comes in and of what goes out; each says what it found."""
