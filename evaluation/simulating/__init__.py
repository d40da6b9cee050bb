"""Simulated traffic: what people might have asked over three months, so that pages can be tried before anybody asks."""
