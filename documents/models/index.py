"""What retrieval reads: extractions, and chunks with their vectors and lexemes under an index version."""

from typing import ClassVar

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, SparseVectorField

from documents.models.document import Document, DocumentVersion
from ragapp.lib import retention
from ragapp.llm.embedding import Embedder

# Lexemes are hashed into this many dimensions: with 100,000 different ones, five pairs are expected to meet.
LEXEME_DIMENSIONS = 1_000_000_000


class Extraction(models.Model):
    """What a parser and a redaction made of a version: text, and where each part stands on the page."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="extractions")
    parser = models.CharField(max_length=60)
    parser_version = models.CharField(max_length=60)
    redaction = models.CharField(max_length=60, blank=True)
    text = models.TextField()
    # What was looked for and found, as documents.ingestion.redact.to_json writes it: places and counts, no values.
    personal_data = models.JSONField(default=dict)
    # Elements and pages as documents.ingestion.types.to_json writes them, without the text.
    layout = models.JSONField()
    language = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    is_current = models.BooleanField(default=False)
    # What was seen while it was read: pages, words that readers do not see, the share that repeated.
    facts = models.JSONField(default=dict)
    # When it was last compared with the other documents, and how often that was tried.
    compared_at = models.DateTimeField(null=True, blank=True)
    compare_attempts = models.PositiveSmallIntegerField(default=0)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "version", "parser", "parser_version", "redaction", "personal_data", "text", "layout", "language",
                "created_at", "is_current", "facts", "compared_at", "compare_attempts",
            }
        )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["version"], condition=Q(is_current=True), name="one_current_extraction")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], condition=Q(is_current=True, compared_at__isnull=True), name="extractions_to_compare"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} by {self.parser}"


class IndexVersion(models.Model):
    """How passages are cut, embedded and analysed, and the statistics that belong to it.

    It is built beside the live one; once it is ready it may become live, then be retired, and at last its rows go.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("Being built")
        READY = "ready", _("Ready")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")
        COLLECTED = "collected", _("Removed")

    name = models.CharField(max_length=60, unique=True)
    chunker = models.JSONField()
    # The embedder; of an endpoint only the name that the settings give it, so that no key stands here.
    embedding_provider = models.CharField(max_length=10, default="local")
    embedding_endpoint = models.CharField(max_length=60, blank=True)
    embedding_model = models.CharField(max_length=200)
    embedding_revision = models.CharField(max_length=80, blank=True)
    query_prefix = models.CharField(max_length=200, blank=True)
    passage_prefix = models.CharField(max_length=200, blank=True)
    dimensions = models.PositiveIntegerField()
    analyser = models.CharField(max_length=40)
    # How many rows were in view when a row found its place in the HNSW graph: the more, the fewer a search needs.
    ef_construction = models.PositiveSmallIntegerField(default=64)
    is_live = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    collected_at = models.DateTimeField(null=True, blank=True)
    # BM25 statistics, refreshed by beat and not in the ingest transaction.
    chunk_count = models.PositiveIntegerField(default=0)
    average_length = models.FloatField(default=0.0)
    # How many chunks are in which language: questions are analysed in these, the commonest first.
    languages = models.JSONField(default=dict)
    # How well the embedder knows each language, 0 to 1: decides how far meaning is trusted beside words.
    coverage = models.JSONField(default=dict)
    statistics_at = models.DateTimeField(null=True, blank=True)
    is_stale = models.BooleanField(default=False)
    # Set while they are refreshed: a process that is killed meanwhile leaves it behind.
    counting_since = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "name", "chunker", "embedding_provider", "embedding_endpoint", "embedding_model",
                "embedding_revision", "query_prefix", "passage_prefix", "dimensions", "analyser", "ef_construction",
                "is_live", "created_at", "ready_at", "retired_at", "collected_at", "chunk_count", "average_length",
                "languages", "coverage", "statistics_at", "is_stale", "counting_since",
            }
        )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["is_live"], condition=Q(is_live=True), name="one_live_index_version")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> State:
        if self.is_live:
            return self.State.LIVE
        if self.collected_at:
            return self.State.COLLECTED
        if self.retired_at:
            return self.State.RETIRED
        return self.State.READY if self.ready_at else self.State.BUILDING

    @property
    def embedder(self) -> Embedder:
        """Who made its vectors, and must make those of questions to it."""
        return Embedder(
            model=self.embedding_model,
            provider="endpoint" if self.embedding_provider == "endpoint" else "local",
            endpoint=self.embedding_endpoint,
            revision=self.embedding_revision,
            query_prefix=self.query_prefix,
            passage_prefix=self.passage_prefix,
            dimensions=self.dimensions,
        )


class Chunk(models.Model):
    """A passage: a span of an extraction, cut by an index version's chunker. Rights stand on `document`."""

    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="chunks")
    extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="chunks")
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="chunks")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="chunks")
    ordinal = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    page = models.PositiveIntegerField(null=True)
    heading_path = models.CharField(max_length=600, blank=True)
    text = models.TextField()
    tokens = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "index_version", "extraction", "version", "document", "ordinal", "start", "end", "page",
                "heading_path", "text", "tokens", "content_hash",
            }
        )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["index_version", "extraction", "ordinal"], name="a_chunk_is_indexed_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["index_version", "document"], name="chunks_of_a_document"),
            models.Index(fields=["content_hash"], name="chunks_by_content"),
        ]

    def __str__(self) -> str:
        return f"{self.version} #{self.ordinal}"


class ChunkEmbedding(models.Model):
    """The dense vector of a chunk; per index version a partial HNSW index with the id as a literal.

    `version` and `document` are here again, and never change, so that search can narrow by rights without reading the
    passages. Superseded versions stay: which version of a document answers is chosen at each question.
    """

    chunk = models.OneToOneField(Chunk, on_delete=models.CASCADE, primary_key=True, related_name="dense")
    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="+")
    embedding = HalfVectorField()

    class Retention(retention.Policy):
        keep = frozenset({"chunk", "index_version", "document", "version", "embedding"})

    def __str__(self) -> str:
        return f"embedding of {self.chunk_id}"


class ChunkLexemes(models.Model):
    """The analysed words of a chunk: BM25 term weights as a sparse vector, and the lexemes for candidates.

    The GIN index over the lexemes is one per index version, as for vectors: rows of others would be read in vain.
    """

    chunk = models.OneToOneField(Chunk, on_delete=models.CASCADE, primary_key=True, related_name="lexical")
    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="+")
    length = models.PositiveIntegerField()
    # The average length that `weights` were computed with; the refresh recomputes them when it has drifted.
    average_length = models.FloatField()
    lexemes = SearchVectorField()
    weights = SparseVectorField(dimensions=LEXEME_DIMENSIONS)

    class Retention(retention.Policy):
        keep = frozenset(
            {"chunk", "index_version", "document", "version", "length", "average_length", "lexemes", "weights"}
        )

    def __str__(self) -> str:
        return f"lexemes of {self.chunk_id}"


class ChunkMeanings(models.Model):
    """The vectors of a chunk's sentences, as documents.retrieval.meanings writes them; made in the background.

    Large values stay outside of the row, uncompressed (migration 0025): vectors have nothing to compress.
    """

    chunk = models.OneToOneField(Chunk, on_delete=models.CASCADE, primary_key=True, related_name="meanings")
    made_by = models.CharField(max_length=200, blank=True)  # "": nobody yet
    hashes = models.BinaryField(default=bytes)
    vectors = models.BinaryField(default=bytes)

    class Retention(retention.Policy):
        keep = frozenset({"chunk", "made_by", "hashes", "vectors"})

    class Meta:
        indexes: ClassVar = [models.Index(fields=["made_by", "chunk"], name="meanings_to_make")]

    def __str__(self) -> str:
        return f"meanings of {self.chunk_id}"


class LexemeFrequency(models.Model):
    """In how many chunks of an index version a lexeme occurs."""

    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="frequencies")
    lexeme = models.CharField(max_length=80)
    chunks = models.PositiveIntegerField()

    class Retention(retention.Policy):
        keep = frozenset({"id", "index_version", "lexeme", "chunks"})

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["index_version", "lexeme"], name="a_lexeme_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.lexeme}: {self.chunks}"
