"""The product as a person meets it, in Chromium."""
