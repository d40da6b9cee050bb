"""Figures as people read them: shares in per cent, money, milliseconds; and a metric by its name."""

from django import template

from evaluation.metrics.catalogue import METRICS, Metric
from ragapp.lib.display import number

register = template.Library()


@register.filter
def metric(name: str) -> Metric:
    """The metric of this name. Raises KeyError."""
    return METRICS[name]


@register.filter
def measured(value: object, one: Metric) -> str:
    """The value in the metric's unit; "–" when there is none."""
    return one.written(value) if isinstance(value, int | float) else "–"


@register.filter
def changed(value: float, one: Metric) -> str:
    """The same for a difference, with its sign; shares in points."""
    if one.unit == "share":
        return _signed(value * 100)
    return ("+" if value > 0 else "−" if value < 0 else "±") + measured(abs(value), one)


@register.filter
def value_of(measures: dict[str, float], one: Metric) -> str:
    """What a result says of the metric; "–" where it does not apply."""
    return measured(measures.get(one.name), one)


@register.filter
def ends(figure: dict[str, float], one: Metric) -> str:
    """The 95 % interval."""
    return f"{measured(figure['low'], one)} … {measured(figure['high'], one)}"


@register.filter
def points(value: object) -> str:
    """A difference of shares in points, with its sign; "–" when there is none."""
    return _signed(value * 100) if isinstance(value, int | float) else "–"


def _signed(value: float) -> str:
    return ("−" if value < 0 else "+") + number(abs(value), 1)
