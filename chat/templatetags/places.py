"""Citations of one page of one document, shown together, and what that page is called."""

from django import template

from chat import places

register = template.Library()

register.filter("by_place", places.by_place)
register.filter("place", places.place)
register.filter("told_apart", places.told_apart)
