"""The third stage: personal data is dealt with as the policy says.

The only policy is "allow": text passes unchanged, and the extraction records that nothing was redacted.
"""

from __future__ import annotations

from documents.ingestion.types import ParsedDocument

NONE = "none"


def redact(document: ParsedDocument) -> tuple[ParsedDocument, str]:
    """The document as it may be stored, and the redaction that was applied to it."""
    return document, NONE
