"""Settings from the environment: each read names its variable, and a bad value says what would be right.

Every variable may also be given as NAME_FILE, the path of a file that holds the value (container secrets).
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, default: str = "") -> str:
    """The value of `name`, or of the file that `name`_FILE points to, else `default`."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE points to {path}, which cannot be read: {error.strerror}. "
                "Check the path and that this user may read it."
            ) from error
    return os.environ.get(name, default)


def required(name: str, hint: str) -> str:
    """The value of `name`; raises ImproperlyConfigured with `hint` when it is missing or empty."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def boolean(name: str, *, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off."""
    value = text(name, "1" if default else "0").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}. Use 1 or 0.")


def integer(name: str, default: int, *, at_least: int = 0) -> int:
    """A whole number of at least `at_least`."""
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or int(value) < at_least:
        raise ImproperlyConfigured(f"{name} is {value!r}. Give a whole number of at least {at_least}.")
    return int(value)


def number(name: str, default: float, *, at_least: float = 0.0) -> float:
    """A number of at least `at_least`."""
    value = text(name, str(default))
    try:
        parsed = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}. Give a number such as {default}.") from error
    if not parsed >= at_least:
        raise ImproperlyConfigured(f"{name} is {value!r}. Give a number of at least {at_least}.")
    return parsed


def listing(name: str, default: str = "") -> list[str]:
    """A comma separated list without empty items."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def mapping(name: str) -> dict[str, str]:
    """A comma separated list of name=value."""
    found = {}
    for item in listing(name):
        key, sign, value = item.partition("=")
        if not sign or not key.strip():
            raise ImproperlyConfigured(f"{name} holds an item without a name. Use name=value,other=value.")
        found[key.strip()] = value.strip()
    return found


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    """One of `options`."""
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} is {value!r}. Choose one of: {', '.join(options)}.")
    return value
