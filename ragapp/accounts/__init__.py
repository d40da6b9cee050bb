"""Who: people, their roles, and the groups that decide who reads what."""
