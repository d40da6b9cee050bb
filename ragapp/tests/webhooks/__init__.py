"""Messages to other systems."""
