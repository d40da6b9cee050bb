"""Brings a dataset's documents into collections of their own, readable by the dataset's own askers only."""

import hashlib
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.utils.translation import gettext as _

from documents import access, uploads
from evaluation.datasets.folder import Dataset, DatasetError, corpus_texts
from ragapp.accounts.models import User
from ragapp.lib.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Ids of collections with the folder their paths are below, and the people behind the names in the dataset."""

    folders: Mapping[int, str]
    askers: Mapping[str, User]

    def name_of(self, collection_id: int, path: str) -> str:
        """A document's name as the dataset's questions spell it."""
        return self.folders.get(collection_id, "") + path


def existing(dataset: Dataset, *, default_asker: str) -> Corpus:
    """No import: the people named by the dataset ask what they may read. Raises DatasetError for unknown names."""
    askers = {}
    for name in dataset.askers or ("",):
        person = User.objects.filter(username=name or default_asker, is_active=True).first()
        if person is None:
            said = _("Nobody with the sign-in name %(name)s exists. Add the person, or use --as.")
            raise DatasetError(said % {"name": name or default_asker})
        askers[name] = person
    return Corpus(folders={}, askers=askers)


def imported(dataset: Dataset, *, folder: str = "", inline: bool = False, owner: User | None = None) -> Corpus:
    """Imports the dataset's documents (below `folder` when given), waits until they answer, and makes its askers.

    An unchanged document costs nothing the next time. Askers do not sign in: without an `owner` nobody looks into the
    collections. Raises DatasetError when there are no documents.
    """
    if dataset.documents is None:
        said = _("%(name)s has no docs folder. Ask what is there already with --existing.")
        raise DatasetError(said % {"name": dataset.name})
    askers = {name: _asker(dataset, name) for name in dataset.askers or ("",)}
    if dataset.documents.is_file():
        return Corpus(folders={_texts(dataset, askers, inline, owner): ""}, askers=askers)
    readers = dataset.readers or {folder: tuple(askers)}
    folders = {}
    for below, names in readers.items():
        if not below.startswith(folder):
            continue
        people = [askers[name] for name in names]
        collection_id = _collection(dataset, below, people, owner)
        _import(dataset.documents / below, collection_id, people[0], inline)
        folders[collection_id] = below
    return Corpus(folders=folders, askers=askers)


def remove(corpus: Corpus) -> None:
    """Takes the imported collections and their askers away again; what was there before stays."""
    for collection_id in corpus.folders:
        for person in corpus.askers.values():
            owned = access.collections_for(person, access.Level.OWNER).filter(pk=collection_id).first()
            if owned is not None:
                uploads.remove_collection(owned, by=person)
                break
    if corpus.folders:
        User.objects.filter(pk__in=[person.pk for person in corpus.askers.values()]).delete()


def _asker(dataset: Dataset, name: str) -> User:
    person, _made = User.objects.get_or_create(
        username=f"evaluation-{dataset.name}-{name or 'anyone'}"[:150],
        defaults={"first_name": "Evaluation", "last_name": f"{dataset.name} {name}"[:150], "password": "!"},
    )
    return person


def _collection(dataset: Dataset, folder: str, readers: list[User], owner: User | None) -> int:
    mark = hashlib.sha256(str(dataset.documents).encode()).hexdigest()[:6]
    name = " · ".join(part for part in ("Evaluation", dataset.name, folder.strip("/"), mark) if part)
    collection = access.collections_for(readers[0]).filter(name=name).first()
    if collection is None:
        collection = uploads.create_collection(name, "Documents of an evaluation dataset.", by=readers[0])
        for reader in readers[1:]:
            access.share(collection.access_list, user=reader, level=access.Level.READER, by=readers[0])
    if owner is not None:
        access.share(collection.access_list, user=owner, level=access.Level.OWNER, by=readers[0])
    return collection.pk


def _import(path: Path, collection_id: int, by: User, inline: bool) -> None:
    name = access.collections_for(by).get(pk=collection_id).name
    # Standard output belongs to the caller's figures.
    call_command(
        "import_corpus", str(path), collection=name, user=by.username, wait=True, inline=inline, stdout=sys.stderr
    )


def _texts(dataset: Dataset, askers: Mapping[str, User], inline: bool, owner: User | None) -> int:
    assert dataset.documents is not None
    people = list(askers.values())
    collection_id = _collection(dataset, "", people, owner)
    with tempfile.TemporaryDirectory(prefix="ragapp-dataset-") as scratch:
        for identity, title, text in corpus_texts(dataset.documents):
            write_text(Path(scratch), identity, storable(f"{title}\n\n{text}\n"))
        _import(Path(scratch), collection_id, people[0], inline)
    return collection_id


def write_text(folder: Path, identity: str, text: str) -> None:
    """As a file of that name: an id such as 10.1000/182 becomes a file in a folder, which is how its path reads."""
    target = folder / identity
    try:
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ValueError(identity)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        said = _("corpus.jsonl.gz: the id “%(id)s” cannot be the name of a file. Put the texts into docs/ instead.")
        raise DatasetError(said % {"id": identity[:100]}) from error
