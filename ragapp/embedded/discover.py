"""Settings of the embedded services that run now, so that manage.py works beside bin/up without any."""

from pathlib import Path


def running_services(data_dir: Path) -> dict[str, str]:
    """Environment variables of the running embedded services; empty when none runs or none was ever made."""
    if not (data_dir / "services.json").exists():
        return {}
    # Imported only here: in production nothing of the embedded default is loaded.
    from ragapp.embedded import services

    return services.environment(data_dir)
