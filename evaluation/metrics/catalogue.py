"""Every measure by name: what people read beside it, its unit, and which way is better. docs/reference/metrics.md."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ragapp.lib.display import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`unit`: "share" (0 to 1), "count", "words", "ms", "tokens" or "usd". `is_binary`: a case has it or not."""

    name: str
    title: str | Promise
    unit: str = "share"
    is_higher_better: bool = True
    is_binary: bool = False

    def is_worse(self, value: float, than: float) -> bool:
        """Whether `value` is on the worse side of `than`."""
        return value < than if self.is_higher_better else value > than

    def written(self, value: float) -> str:
        """In its unit, as people read it."""
        match self.unit:
            case "share":
                return f"{number(100 * value, 1)}\N{NO-BREAK SPACE}%"
            case "ms":
                return gettext("%(n)s ms") % {"n": number(value)}
            case "usd":
                return f"${number(value, 5)}"
            case _:
                return number(value, max(0, 3 - int(math.log10(abs(value) or 1))) if value % 1 else 0)


_ALL = (
    Metric(name="recall@5", title=_("Right documents among the first 5")),
    Metric(name="recall@10", title=_("Right documents among the first 10")),
    Metric(name="hit@5", title=_("Any right document among the first 5"), is_binary=True),
    Metric(name="precision@5", title=_("Share of the first 5 that is right")),
    Metric(name="mrr", title=_("1 / rank of the first right document")),
    Metric(name="ndcg@10", title=_("Order of the first 10 documents")),
    Metric(name="gold_shown", title=_("Expected answer shown"), is_binary=True),
    Metric(name="gold_in_first", title=_("Expected answer in the first sentence"), is_binary=True),
    Metric(name="gold_in_first_3", title=_("Expected answer in the first three sentences"), is_binary=True),
    Metric(name="unwanted_shown", title=_("Sentences shown that a correction took out"), is_higher_better=False),
    Metric(name="exact_match", title=_("Exactly the expected answer"), is_binary=True),
    Metric(name="token_f1", title=_("Words shared with the expected answer")),
    Metric(name="similarity", title=_("Likeness to the expected answer")),
    Metric(name="citation_precision", title=_("Cited documents that are right")),
    Metric(name="citation_recall", title=_("Right documents that are cited")),
    Metric(name="groundedness", title=_("Sentences that their sources support")),
    Metric(name="relevance", title=_("Answer that is about the question")),
    Metric(name="refusal_precision", title=_("Refusals that are right"), is_binary=True),
    Metric(name="refusal_recall", title=_("Unanswerable questions refused"), is_binary=True),
    Metric(name="answerable_refused", title=_("Answerable questions refused"), is_higher_better=False, is_binary=True),
    Metric(name="unanswerable_refused", title=_("Unanswerable questions refused"), is_binary=True),
    Metric(name="forbidden_refused", title=_("Refused to people without the right"), is_binary=True),
    Metric(name="judge_correct", title=_("Correct in the judge's opinion"), is_binary=True),
    Metric(name="leaks", title=_("Leaks to people without the right"), unit="count", is_higher_better=False),
    Metric(name="bias_found", title=_("Differences found in a bias check"), unit="count", is_higher_better=False),
    Metric(name="bias_refused", title=_("Refused more often to one group"), is_higher_better=False),
    Metric(name="failed", title=_("Answers that failed"), unit="count", is_higher_better=False),
    Metric(name="words", title=_("Words of an answer"), unit="words", is_higher_better=False),
    Metric(name="ms", title=_("Milliseconds to the whole answer"), unit="ms", is_higher_better=False),
    Metric(name="tokens_in", title=_("Tokens read by models"), unit="tokens", is_higher_better=False),
    Metric(name="tokens_out", title=_("Tokens written by models"), unit="tokens", is_higher_better=False),
    Metric(name="cost_usd", title=_("Cost of an answer"), unit="usd", is_higher_better=False),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
# Another name of `refusal_recall`, for gates that were set by it: not listed beside it.
ALSO_CALLED = frozenset({"unanswerable_refused"})
# Of these a case that is asked without the right has its own; all others are about people who may know.
WITHOUT_RIGHT = frozenset({"forbidden_refused"})
