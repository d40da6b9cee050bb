"""The table of rates, per person (per address for people who are not signed in)."""

from ragapp.lib.windows import Rate

RATES: dict[str, Rate] = {
    "ask": Rate(times=20, seconds=60),
    "feedback": Rate(times=60, seconds=60),
    # The upload script sends up to twenty small files at once, and pieces of large ones.
    "upload": Rate(times=300, seconds=60),
    "upload_part": Rate(times=1200, seconds=60),
    "api_read": Rate(times=600, seconds=60),
    "api_write": Rate(times=600, seconds=60),
    # Tokens that open nothing, per address.
    "api_refused": Rate(times=60, seconds=60),
    "search": Rate(times=120, seconds=60),
    "download": Rate(times=60, seconds=60),
    "picture": Rate(times=300, seconds=60),
    "reveal": Rate(times=30, seconds=60),
}
