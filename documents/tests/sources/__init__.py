"""Web pages and folders as sources."""
