"""The table of rates, per person (per address for people who are not signed in)."""

from ragapp.lib.windows import Rate

RATES: dict[str, Rate] = {
    "ask": Rate(times=20, seconds=60),
    "feedback": Rate(times=60, seconds=60),
    "upload": Rate(times=60, seconds=60),
    "search": Rate(times=120, seconds=60),
    "download": Rate(times=60, seconds=60),
    "picture": Rate(times=300, seconds=60),
}
