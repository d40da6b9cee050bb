"""Whether a page offers to add a document."""

from django import template
from django.contrib.auth.models import AnonymousUser

from documents.access import collections_for
from documents.models import Level
from ragapp.accounts.models import Role, User

register = template.Library()


@register.filter
def may_add_documents(user: User | AnonymousUser) -> bool:
    """Whether there is a collection that `user` may add to, or may make one."""
    is_admin = isinstance(user, User) and user.has_role(Role.CORPUS_ADMIN)
    return is_admin or collections_for(user, Level.CONTRIBUTOR).exists()
