"""The ways in for programs: as JSON, as OpenAI's clients speak, and as tools of a language model."""

from ninja import Router

from chat.api import answers, threads

router = Router()
router.add_router("", answers.router)
router.add_router("", threads.router)
