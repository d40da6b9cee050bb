"""The rows of the corpus."""

from documents.models.access import AccessEntry, AccessList, Level
from documents.models.document import Collection, Document, DocumentVersion, IngestionRun
from documents.models.incoming import Incoming
from documents.models.index import (
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    ChunkMeanings,
    Extraction,
    IndexVersion,
    LexemeFrequency,
)
from documents.models.index_work import IndexBuild, IndexReport
from documents.models.quality import Conflict
from documents.models.source import Source, SourcePage, SyncItem, SyncRun
from documents.models.wish import Wish

__all__ = [
    "AccessEntry",
    "AccessList",
    "Chunk",
    "ChunkEmbedding",
    "ChunkLexemes",
    "ChunkMeanings",
    "Collection",
    "Conflict",
    "Document",
    "DocumentVersion",
    "Extraction",
    "Incoming",
    "IndexBuild",
    "IndexReport",
    "IndexVersion",
    "IngestionRun",
    "Level",
    "LexemeFrequency",
    "Source",
    "SourcePage",
    "SyncItem",
    "SyncRun",
    "Wish",
]
