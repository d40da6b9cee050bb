"""Every model call: embeddings and language models."""
