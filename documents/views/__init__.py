"""The pages of the corpus."""
