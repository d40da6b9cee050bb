"""Tests of ragapp.llm."""
