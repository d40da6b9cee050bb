"""PostgreSQL with pgvector and Redis from wheels, for a machine that has neither."""
