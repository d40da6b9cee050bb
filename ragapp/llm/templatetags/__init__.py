"""Template tags of the model layer."""
