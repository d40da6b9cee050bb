"""Collections, documents and search for programs."""

from ninja import Router

from documents.api import arriving, collections, documents, searching

router = Router()
router.add_router("", collections.router)
router.add_router("", documents.router)
router.add_router("", arriving.router)
router.add_router("", searching.router)
