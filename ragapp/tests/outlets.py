"""Every way out for document text. What is not listed here fails the tests in test_outlets until it is.

A way that carries text is tried with somebody who may read it, so that the search for the canary is known to work,
and with everybody who may not. A way that is said to carry none must show none to anybody.
"""

from enum import Enum


class Carries(Enum):
    """What somebody who may read the document finds there."""

    TEXT = "words of the document"
    NAME = "its title, path or file name"
    FILE = "the file itself"
    IMAGE = "a picture of a page"


# Routes, with the role that may see it.
ROUTES: dict[str, tuple[Carries, str]] = {
    "chat:conversation": (Carries.TEXT, "reader"),
    "chat:answer": (Carries.TEXT, "reader"),
    "chat:choose_answer": (Carries.TEXT, "reader"),
    "chat:choose_turn": (Carries.TEXT, "reader"),
    "chat:export": (Carries.TEXT, "reader"),
    "chat:shared": (Carries.TEXT, "reader"),
    "chat:why": (Carries.NAME, "reader"),
    "chat:source": (Carries.TEXT, "reader"),
    "chat:search": (Carries.TEXT, "reader"),
    "documents:collection": (Carries.NAME, "reader"),
    "documents:document": (Carries.TEXT, "reader"),
    "documents:held": (Carries.TEXT, "owner"),
    "documents:explain": (Carries.TEXT, "owner"),
    "documents:quality": (Carries.NAME, "owner"),
    "documents:row": (Carries.NAME, "reader"),
    "documents:passages": (Carries.TEXT, "reader"),
    # Words of paragraphs that changed; the document of these tests has one version.
    "documents:compare": (Carries.NAME, "reader"),
    "documents:change": (Carries.NAME, "contributor"),
    "documents:receipt": (Carries.NAME, "owner"),
    "documents:original": (Carries.FILE, "reader"),
    "documents:page_image": (Carries.IMAGE, "reader"),
    "documents:source_run": (Carries.NAME, "owner"),
    "documents:document_share": (Carries.NAME, "owner"),
    "documents:reveal": (Carries.NAME, "owner"),
}

ROUTES_WITHOUT_TEXT = {
    "accounts:language",
    "accounts:password_change",
    "accounts:password_reset",
    "accounts:password_reset_complete",
    "accounts:password_reset_confirm",
    "accounts:password_reset_done",
    "accounts:profile",
    "accounts:sign_in",
    "accounts:sign_out",
    "accounts:token_create",
    "accounts:token_revoke",
    # What a token opens is tried in the tests/api of documents and chat; without one, nothing.
    "api:add",
    "api:again",
    "api:answer",
    "api:api-root",
    "api:arriving",
    "api:collections",
    "api:compare",
    "api:delete_thread",
    "api:describe",
    "api:document",
    "api:documents",
    "api:give_feedback",
    "api:go_on",
    "api:openapi-json",
    "api:question",
    "api:replace",
    "api:retry",
    "api:search",
    "api:stop",
    "api:take_back_feedback",
    "api:thread",
    "api:threads",
    "api:unpack",
    "api:versions",
    "api:why",
    "api:withdraw",
    "api_pages:docs",
    "api_tus:begin",
    "api_tus:part",
    "chat:again",
    "chat:ask",
    "chat:attach_first",
    "chat:delete",
    "chat:detach",
    # Names what the person attached to their own conversation, to that person.
    "chat:files",
    "chat:home",
    "chat:pin",
    "chat:rename",
    "chat:restore",
    "chat:share",
    "chat:stop",
    "chat:withdraw",
    # A finished answer is announced here and fetched from chat:answer; one in the making is the asker's own.
    "chat:stream",
    # Wordings, settings and states. A preview answers with the rights of who asks, who reads nothing here.
    "evaluation:canary",
    "evaluation:canary_back",
    "evaluation:canary_next",
    "evaluation:canary_pause",
    "evaluation:canary_resume",
    "evaluation:experiment",
    "evaluation:experiment_end",
    "evaluation:experiment_new",
    "evaluation:experiment_start",
    "evaluation:experiments",
    "evaluation:probe",
    "evaluation:probe_accept",
    "evaluation:probe_compare",
    "evaluation:probe_release",
    "evaluation:probe_start",
    "evaluation:probes",
    "evaluation:prompt",
    "evaluation:prompt_label",
    "evaluation:prompt_preview",
    "evaluation:prompt_version",
    "evaluation:prompt_write",
    "evaluation:prompts",
    "evaluation:release",
    "evaluation:release_back",
    "evaluation:release_canary",
    "evaluation:release_shadow",
    # Shows what ended otherwise to who may read all its sources, on both sides; evaluation/tests/test_shadowing.py.
    "evaluation:shadow",
    "evaluation:release_new",
    "evaluation:release_promote",
    "evaluation:releases",
    "documents:collection_delete",
    "documents:collection_keep_answers",
    # Names documents in which something was found; documents/tests/test_personal_data.py looks at who sees which.
    "documents:collection_personal_data",
    "documents:collections",
    "documents:plan",
    "documents:create",
    "documents:delete",
    "documents:delete_many",
    "documents:index_advice",
    "documents:index_advise",
    "documents:index_build",
    "documents:index_compare",
    "documents:index_compare_labelled",
    "documents:index_cancel",
    "documents:index_remove",
    "documents:index_resume",
    "documents:index_switch",
    "documents:indexes",
    "documents:move_many",
    "documents:operate",
    # Names documents to those who may read them, when they wait, are in work or have failed.
    "documents:queue",
    "documents:release",
    # Says what a conflict is; there is none in the world, and the text of one stands on the document's page.
    "documents:conflict",
    "documents:queue_retry",
    # Names what the person deleted or moved, to that person.
    "documents:receipts",
    "documents:personal_data_again",
    "documents:incoming",
    "documents:incoming_begin",
    "documents:incoming_settle",
    "documents:replace",
    "documents:restore",
    "documents:recognise",
    "documents:retry",
    "documents:share",
    "documents:tag_many",
    "documents:source",
    "documents:source_act",
    "documents:source_edit",
    "documents:source_new",
    "documents:source_validate",
    "documents:settle_wish",
    "documents:sources",
    "documents:suggest",
    "documents:upload",
    "documents:validity",
    # Questions and the names of their documents, to those who may read all of them; evaluation/tests/test_views_runs.py
    # looks at who sees which.
    "evaluation:dataset",
    "evaluation:dataset_decide",
    "evaluation:dataset_new",
    "evaluation:dataset_nightly",
    "evaluation:dataset_suggest",
    "evaluation:datasets",
    "evaluation:bias",
    "evaluation:bias_check",
    "evaluation:gate_remove",
    "evaluation:gates",
    "evaluation:run",
    "evaluation:run_cancel",
    "evaluation:run_compare",
    "evaluation:run_pause",
    "evaluation:run_resume",
    "evaluation:run_start",
    "evaluation:runs",
    "evaluation:alert_act",
    # Questions of examples: evaluation/tests/test_alerts.py tries who sees them.
    "evaluation:alert",
    "evaluation:alerts",
    # Questions and titles for those who may read the sources: evaluation/tests/dashboards tries who sees them.
    "evaluation:behind",
    "evaluation:board",
    "evaluation:board_csv",
    "evaluation:controls",
    "evaluation:fine_tuning",
    # Prompts with their sources, for who may read all of those: evaluation/tests/test_fine_tuning.py tries it.
    "evaluation:fine_tuning_file",
    "evaluation:models",
    "evaluation:readiness",
    "evaluation:state",
    "evaluation:ask_a_person",
    "evaluation:copied",
    "evaluation:dashboard",
    "evaluation:feedback",
    "monitoring:healthz",
    "monitoring:metrics",
    "monitoring:readyz",
    # What a token opens is tried in chat/tests/api; without one, nothing.
    "mcp:endpoint",
    "openai:completions",
    "openai:model",
    "openai:models",
}

# Pages of the admin. Reviewers see answers of others only while they may read all sources of them.
ADMIN = {"chat_answer", "chat_goldenanswer", "evaluation_escalation", "evaluation_reviewitem"}
# The audit log names what was done to which document; it holds none of its words.
ADMIN_NAMES_ONLY = {"audit_auditevent"}
ADMIN_WITHOUT_TEXT = {
    "accounts_apitoken",
    "accounts_user",
    "auth_group",
    "chat_promptversion",
    "chat_release",
    "chat_rollout",
    "documents_collection",
    "documents_indexversion",
    "documents_ingestionrun",
    "evaluation_evaluationrun",
    # What admins wrote: topics, names and shares of rules.
    "evaluation_escalationrule",
    "evaluation_probequestion",
    "evaluation_rule",
    # Models, prices, figures and limits; what was sent to a model is not kept with a call.
    "limits_budget",
    "llm_call",
    "llm_deployment",
    "llm_routestep",
    "webhooks_delivery",
    "webhooks_endpoint",
}

# Commands that print text of documents, as the person named by --as.
COMMANDS = {"ask", "search"}
COMMANDS_WITHOUT_TEXT = {
    "create_demo_people",
    # Prints weights and shares.
    "fit_sufficiency",
    "doctor",
    # Prints figures and, of its own dataset, the ids of questions.
    "benchmark",
    "evaluate",
    # Prints figures of index versions.
    "index",
    # Prints the names of the files it was given, to whoever gave them.
    "import_corpus",
    "import_dataset",
    "rotate_encryption_keys",
    "seed_demo",
    "seed_traffic",
    # Prints figures.
    "look_for_drift",
    # Prints addresses that a source looks at, to whoever works in the shell.
    "sync_source",
    "verify_audit",
}
