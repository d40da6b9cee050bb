"""Personal data in a text: found by patterns with check digits, by labels, and by a model that knows names."""

from ragapp.privacy.personal_data.detect import VERSION, find
from ragapp.privacy.personal_data.types import DEFAULT_KINDS, Finding, Kind

__all__ = ["DEFAULT_KINDS", "VERSION", "Finding", "Kind", "find"]
