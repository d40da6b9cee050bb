"""Pages and fragments of evaluation."""
