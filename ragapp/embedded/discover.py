"""Settings of the embedded services that run now, so that manage.py works beside bin/up without any."""

import os
from pathlib import Path


def running_services(data_dir: Path) -> dict[str, str]:
    """Environment variables of the running embedded services; empty when none runs or none was ever made."""
    if not (data_dir / "services.json").exists():
        return {}
    # Imported only here: in production nothing of the embedded default is loaded.
    from ragapp.embedded import services

    variables = services.environment(data_dir)
    # What was given by hand stays, and NAME_FILE would win over NAME.
    return {name: value for name, value in variables.items() if name.removesuffix("_FILE") not in os.environ}
