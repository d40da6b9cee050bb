"""How it runs: logs, metrics, health."""
