"""Parts of the system that stand above monitoring, made known to it: models."""
