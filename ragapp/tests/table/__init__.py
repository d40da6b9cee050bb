"""The table of every route, with what each role gets there, and of every model in the admin, with who sees its list."""

from ragapp.tests.table import chat, documents, evaluation, platform
from ragapp.tests.table.rows import Row

ROUTES: dict[str, list[Row]] = {**platform.ROUTES, **chat.ROUTES, **evaluation.ROUTES, **documents.ROUTES}

# Who may see the list of each model in the admin; everybody else gets 404, and people without a session sign in.
ADMIN_READERS: dict[str, set[str]] = {
    "accounts_apitoken": {"admin"},
    "accounts_user": {"admin"},
    "auth_group": {"admin"},
    "audit_auditevent": {"auditor", "admin"},
    "chat_answer": {"reviewer"},
    "chat_goldenanswer": {"reviewer"},
    "chat_promptversion": {"admin"},
    "chat_release": {"admin"},
    "chat_rollout": {"admin"},
    "evaluation_escalation": {"reviewer"},
    "evaluation_escalationrule": {"reviewer", "admin"},
    "evaluation_evaluationrun": {"reviewer"},
    "evaluation_probequestion": {"reviewer", "admin"},
    "evaluation_reviewitem": {"reviewer"},
    "evaluation_rule": {"reviewer", "admin"},
    "limits_budget": {"admin"},
    "llm_call": {"admin"},
    "llm_deployment": {"admin"},
    "llm_routestep": {"admin"},
    "webhooks_delivery": {"admin"},
    "webhooks_endpoint": {"admin"},
    "documents_collection": set(),
    "documents_indexversion": set(),
    "documents_ingestionrun": set(),
}
