"""Tags of documents for pages of other apps."""
