"""Files that a person attaches to one of their conversations: read by them alone, and searched in it alone."""

from uuid import UUID

from django.db import transaction

from chat.models import Conversation
from documents import private_files
from documents.private_files import PrivateFile
from documents.uploads import Content
from ragapp.accounts.models import User


@transaction.atomic
def attach(conversation: Conversation, *, name: str, content: Content, user: User) -> None:
    """Takes the file into the conversation, to be read as any document is.

    Raises Conversation.DoesNotExist when it is not the person's, UploadRefused with a sentence for them.
    """
    own = Conversation.objects.select_for_update().get(pk=conversation.pk, user=user, deleted_at__isnull=True)
    if own.files_id is None:
        own.files_id = private_files.create(f"Attached to {own.pk}", by=user)
        own.save(update_fields=["files"])
    private_files.take(own.files_id, name=name, content=content, by=user)


def detach(conversation: Conversation, document_id: UUID, *, user: User) -> None:
    """Removes the file with all that was made from it. Raises private_files.NoSuchFile."""
    if conversation.files_id is None or conversation.user_id != user.pk:
        raise private_files.NoSuchFile
    private_files.remove(conversation.files_id, document_id, by=user)


def files_of(conversation: Conversation, *, user: User) -> list[PrivateFile]:
    """What is attached, for the person whose conversation it is; nothing for anybody else."""
    return private_files.files_in(conversation.files_id, reader=user) if conversation.files_id is not None else []


def remove_left_over() -> None:
    """Removes files whose conversation is gone."""
    private_files.remove_all_but(Conversation.objects.exclude(files=None).values_list("files", flat=True))
