"""The ways in for programs: as OpenAI's clients speak, as JSON, and as tools of a language model."""
