"""Collections and documents for programs."""

from ninja import Router

from documents.api import arriving, collections, documents

router = Router()
router.add_router("", collections.router)
router.add_router("", documents.router)
router.add_router("", arriving.router)
