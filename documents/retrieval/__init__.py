"""Retrieval: readable → dense + lexical → fuse → rerank → widen. `search.search(query, reader=user)` is the way in."""
