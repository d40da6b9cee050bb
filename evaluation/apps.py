"""App configuration."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from evaluation import reactions  # noqa: F401  hears of what people do with answers
        from evaluation.reviews import forgetting  # noqa: F401  takes words out with their documents
        from evaluation.rollups import hearing  # noqa: F401  hears of what they say later
