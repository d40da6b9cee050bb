"""What the parts of the system say of themselves, said in the reader's language.

They are asked in threads that belong to nobody, and for logs and commands as well, so that they speak English.
"""

from dataclasses import replace

from django.utils.translation import gettext, gettext_noop

from ragapp.lib import filled
from ragapp.monitoring.health import Part

NAMES = (
    gettext_noop("database"),
    gettext_noop("vector extension"),
    gettext_noop("migrations"),
    gettext_noop("broker"),
    gettext_noop("worker ingest"),
    gettext_noop("worker default"),
    gettext_noop("worker evaluate"),
    gettext_noop("beat"),
    gettext_noop("disk"),
    gettext_noop("embedding model"),
    gettext_noop("language model"),
    gettext_noop("webhooks"),
)
SENTENCES = (
    gettext_noop("The database does not answer (%(reason)s)."),
    gettext_noop("Start PostgreSQL, or correct DATABASE_URL."),
    gettext_noop("PostgreSQL %(version)s is too old."),
    gettext_noop("Use %(version)s or newer."),
    gettext_noop("PostgreSQL %(version)s answers."),
    gettext_noop("The database has no pgvector."),
    gettext_noop("Install pgvector on the server, then run manage.py migrate as the owner of the database."),
    gettext_noop("pgvector %(version)s is too old."),
    gettext_noop("Install %(version)s or newer, then ALTER EXTENSION vector UPDATE."),
    gettext_noop("pgvector %(version)s is installed."),
    gettext_noop("%(n)s migrations are not applied."),
    gettext_noop("Run RAGAPP_AS_OWNER=1 manage.py migrate."),
    gettext_noop("All migrations are applied."),
    gettext_noop("Redis does not answer (%(reason)s): new files wait, answers do not stream."),
    gettext_noop("Start Redis, or correct REDIS_URL."),
    gettext_noop("Redis %(version)s answers."),
    gettext_noop("No worker takes work from the queue %(queue)s (last sign of life %(since)s ago)."),
    gettext_noop("No worker takes work from the queue %(queue)s."),
    gettext_noop("Start one: celery -A ragapp worker -Q %(queue)s"),
    gettext_noop("A worker takes work from the queue %(queue)s."),
    gettext_noop("Scheduled work is not done (last sign of life %(since)s ago)."),
    gettext_noop("Scheduled work is not done."),
    gettext_noop("Start beat: celery -A ragapp beat. If it runs, the worker of the queue default is busy or gone."),
    gettext_noop("Scheduled work is done on time."),
    gettext_noop("Make room on the volume of %(folder)s."),
    gettext_noop("Only %(n)s MB are free for files."),
    gettext_noop("%(n)s GB are free for files."),
    gettext_noop("No answer in time from the language models: %(names)s."),
    gettext_noop("Answers are made of the documents' own sentences while none answers."),
    gettext_noop(
        "This machine or the model may be busy: run `manage.py doctor` again, and try each under Language models with "
        "“Save and try”."
    ),
    gettext_noop("No answer in time from the embedding model %(model)s."),
    gettext_noop(
        "Look at the log of its server, or at the load of this machine where the model is here; then try again."
    ),
    gettext_noop("A new embedding model is configured (%(model)s); questions are still answered with %(other)s."),
    gettext_noop("Build an index with it under Operation, Indexes, or with `manage.py index build`."),
    gettext_noop("%(model)s (revision %(revision)s) is on this machine."),
    gettext_noop("%(model)s (revision %(revision)s) answers."),
    gettext_noop("None is configured; answers are made of the documents' own sentences."),
    gettext_noop("The key of %(name)s cannot be read; enter it anew."),
    gettext_noop("Until then the others answer."),
    gettext_noop("Until then answers are made of the documents' own sentences."),
    gettext_noop("%(model)s answers, but has no list of models."),
    gettext_noop("%(model)s answers."),
    gettext_noop("Webhooks were switched off since their messages did not arrive: %(names)s."),
    gettext_noop("Look at the log of messages in the admin, then enable them."),
    gettext_noop("No webhook was switched off."),
    gettext_noop("Not known while the %(part)s does not work."),
    gettext_noop("It did not answer in time."),
    gettext_noop("Look at its log."),
    gettext_noop("It failed: %(reason)s."),
    gettext_noop("Run manage.py doctor."),
)


def told(part: Part) -> Part:
    """With its name, message and hint in the language of this moment; what a model's server said itself stays."""
    message, hint = (filled.told(text, SENTENCES) for text in (part.message, part.hint))
    return replace(part, name=gettext(part.name), message=message, hint=hint)
