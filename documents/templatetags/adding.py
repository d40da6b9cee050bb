"""Whether a page offers to add a document."""

from django import template
from django.contrib.auth.models import AnonymousUser

from documents import access
from documents.models import Level
from ragapp.accounts.models import User

register = template.Library()


@register.filter
def may_add_documents(user: User | AnonymousUser) -> bool:
    """Whether there is a collection that `user` may add to, or may make one."""
    return access.may_create_collections(user) or access.collections_for(user, Level.CONTRIBUTOR).exists()
