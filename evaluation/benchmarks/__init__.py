"""What `manage.py benchmark` measures: one module per section, each with `run(options) -> Section`."""
