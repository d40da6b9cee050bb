"""The ways in for programs."""
