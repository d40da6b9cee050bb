"""The one settings file: environment in, constants out, grouped by concern. docs/reference/settings.md lists all."""

import os
from pathlib import Path

import django_stubs_ext
import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static

from ragapp import env
from ragapp.embedded.discover import running_services

# Lets Django's generic classes be written with their types, as in ModelForm[Review].
django_stubs_ext.monkeypatch()

# Libraries that would report to their makers by default (onnxruntime does, and keeps a device id in the home folder)
# read these when they are first imported.
for _name in ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_name, "1")

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env.choice("RAGAPP_ENV", ("development", "production", "test"), "development")
PRODUCTION = ENVIRONMENT == "production"
DATA_DIR = Path(env.text("RAGAPP_DATA_DIR", str(BASE_DIR / ".data")))

# Commands started beside a running `bin/up` find its database and broker by themselves.
if not PRODUCTION and "DATABASE_URL" not in os.environ and "DATABASE_URL_FILE" not in os.environ:
    for _name, _value in running_services(DATA_DIR).items():
        os.environ.setdefault(_name, _value)

EMBEDDED = env.boolean("RAGAPP_EMBEDDED", default=False)

# --- Security --------------------------------------------------------------------------------------------
_HOW_TO_MAKE_ONE = (
    "Set it to 50 or more random characters, for example from "
    "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`, or start with bin/up, which makes its own."
)
SECRET_KEY = env.required("RAGAPP_SECRET_KEY", _HOW_TO_MAKE_ONE)
ENCRYPTION_KEYS = env.listing("RAGAPP_ENCRYPTION_KEYS")
DEBUG = False
BASE_URL = env.text("RAGAPP_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.listing("RAGAPP_ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
SECURE_COOKIES = BASE_URL.startswith("https://") or PRODUCTION
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
# Health checks come over plain HTTP from inside the container network.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# django-unfold's Alpine evaluates expressions and sets styles, so the admin has a policy of its own.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": [SELF, "'unsafe-inline'"],
    "img-src": [SELF, "data:"],
}

# --- Applications ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "ragapp.apps.RagappAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_htmx",
    "pgvector.django",
    "ragapp.monitoring",
    "ragapp.audit",
    "ragapp.accounts",
    "ragapp.limits",
    "ragapp.llm",
    "ragapp.webhooks",
    "ragapp.apps.PlatformConfig",
    "documents",
    "chat",
    "evaluation",
]
MIDDLEWARE = [
    # Outermost, since what those below refuse is a page too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ragapp.middleware.request_id",
    "ragapp.middleware.counted",
    # Outside of all that asks the database.
    "ragapp.middleware.large_without_connection",
    "ragapp.middleware.not_kept",
    "ragapp.middleware.no_nul_characters",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "ragapp.middleware.admin_content_security_policy",
    "django_htmx.middleware.HtmxMiddleware",
    "ragapp.middleware.sign_in_inside_htmx",
    "axes.middleware.AxesMiddleware",
    "ragapp.middleware.in_one_thread",
]
ROOT_URLCONF = "ragapp.urls"
ASGI_APPLICATION = "ragapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ragapp.context_processors.product",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "ragapp.lib.display"],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- Sign-in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "ragapp.accounts.backends.RoleBackend",
]
if ENVIRONMENT == "test":  # people are made by the hundred
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "chat:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
AXES_HANDLER = "ragapp.accounts.throttling.Handler"
AXES_FAILURE_LIMIT = 5
SIGN_IN_FAILURES_PER_ADDRESS = env.integer("RAGAPP_SIGN_IN_FAILURES_PER_ADDRESS", 50, at_least=0)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "ragapp.accounts.views.locked_out"
AXES_HTTP_RESPONSE_CODE = 429
AXES_CLIENT_IP_CALLABLE = "ragapp.lib.addresses.client_address"
# One reverse proxy in production; nothing forwarded is believed elsewhere.
AXES_IPWARE_PROXY_COUNT = 1 if PRODUCTION else 0
AXES_VERBOSE = False
# What was typed as a name may be a password: attempts are looked at in the audit log, which names only people.
AXES_ENABLE_ADMIN = False
SIGN_IN_ATTEMPTS_KEPT_DAYS = 30
PASSWORD_RESET_TIMEOUT = 3600

# --- Database and broker ---------------------------------------------------------------------------------
DATABASE_URL = env.required(
    "DATABASE_URL",
    "Give postgresql://user:password@host:5432/name of a PostgreSQL 16+ with pgvector, or start with bin/up.",
)
_database_url = (
    env.text("DATABASE_OWNER_URL") or DATABASE_URL if env.boolean("RAGAPP_AS_OWNER", default=False) else DATABASE_URL
)
DATABASES = {"default": environ.Env.db_url_config(_database_url)}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    # What the URL says after "?" (sslmode, a socket's folder) comes last.
    "OPTIONS": {
        "connect_timeout": 5,
        "application_name": "ragapp",
        # Queries of ragapp.lib.prepared are planned by the server at once; Django prepares none of its own.
        "prepare_threshold": 0,
        **DATABASES["default"].get("OPTIONS", {}),
    },
}
# Every request of a web process has a thread of its own: without a pool two hundred readers need two hundred
# connections. 0, for workers and commands: each thread keeps one.
DATABASE_POOL = env.integer("RAGAPP_DATABASE_POOL", 0, at_least=0)
# Threads that write answers; each keeps one of the pool's connections, so that some must be left for requests.
ANSWER_THREADS = env.integer("RAGAPP_ANSWER_THREADS", 8, at_least=1)
LEFT_FOR_REQUESTS = 4
if DATABASE_POOL:
    # Given back after each request; who finds none free waits for a moment.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": LEFT_FOR_REQUESTS,
        "max_size": max(DATABASE_POOL, ANSWER_THREADS + LEFT_FOR_REQUESTS),
        "timeout": 15,
    }
# The role that serves requests; migrations take from it the right to change what is append-only.
DATABASE_APP_ROLE = environ.Env.db_url_config(DATABASE_URL).get("USER", "")
REDIS_URL = env.required("REDIS_URL", "Give redis://host:6379/0 or unix:///path/to/redis.sock, or start with bin/up.")

CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}" if REDIS_URL.startswith("unix://") else REDIS_URL
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = ["ragapp.queues.queue_of"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Two dozen short questions a day to each language model that answers people, at this hour (UTC).
PROBE_MODELS = env.boolean("RAGAPP_PROBE_MODELS", default=True)
PROBE_HOUR = env.choice("RAGAPP_PROBE_HOUR", tuple(map(str, range(24))), "2")
# So many of a day's answers a language model judges (route “judge”), for drift; each costs a call.
JUDGE_SAMPLE = env.integer("RAGAPP_JUDGE_SAMPLE", 0)
CELERY_BEAT_SCHEDULE = {
    "requeue expired work": {"task": "documents.tasks.requeue_expired", "schedule": 15.0},
    "check sources that are due": {"task": "documents.sources.tasks.start_due", "schedule": 15.0},
    "keep indexes up to date": {"task": "documents.tasks.keep_indexes", "schedule": 15.0},
    "advise on the live index": {"task": "documents.tasks.advise_on_index", "schedule": 24 * 3600.0},
    "remove retired indexes": {"task": "documents.tasks.remove_indexes", "schedule": 3600.0},
    "compare changed documents": {"task": "documents.tasks.compare_waiting", "schedule": 30.0},
    "compare sentences beforehand": {"task": "documents.tasks.make_meanings", "schedule": 30.0},
    "refresh lexical statistics": {"task": "documents.tasks.refresh_statistics", "schedule": 30.0},
    "go on with what is arriving": {"task": "documents.tasks.tend_incoming", "schedule": 20.0},
    "fail answers of dead processes": {"task": "chat.tasks.fail_abandoned", "schedule": 15.0},
    "remind of questions for people": {"task": "evaluation.tasks.keep_escalations", "schedule": 60.0},
    "pick answers for review": {"task": "evaluation.tasks.pick_for_review", "schedule": 60.0},
    "ask datasets every night": {"task": "evaluation.tasks.run_nightly", "schedule": crontab(hour=1, minute=30)},
    "go on with evaluation runs": {"task": "evaluation.tasks.keep_runs", "schedule": 15.0},
    "compare answers given again": {"task": "chat.tasks.compare_reused", "schedule": 60.0},
    "deliver messages of webhooks": {"task": "ragapp.webhooks.tasks.deliver_due", "schedule": 5.0},
    "seal the audit log": {"task": "ragapp.audit.tasks.seal", "schedule": 10.0},
    "forget attempts to sign in": {"task": "ragapp.accounts.tasks.forget_attempts", "schedule": 24 * 3600.0},
    "forget old model calls": {"task": "ragapp.llm.tasks.forget_calls", "schedule": 24 * 3600.0},
    "make totals": {"task": "evaluation.tasks.make_totals", "schedule": 300.0},
    "pick for the shadow": {"task": "evaluation.tasks.pick_for_shadow", "schedule": 30.0},
    "look at the canary": {"task": "evaluation.tasks.tend_canary", "schedule": 60.0},
    "test the models": {"task": "evaluation.tasks.start_probes", "schedule": crontab(hour=PROBE_HOUR, minute=20)},
    "go on with tests of models": {"task": "evaluation.tasks.keep_probes", "schedule": 60.0},
    "watch for models that go": {"task": "evaluation.tasks.watch_models", "schedule": 3600.0},
    "judge a sample": {"task": "evaluation.tasks.judge_sample", "schedule": crontab(hour=0, minute=40)},
    "look for drift": {"task": "evaluation.tasks.look_for_drift", "schedule": 24 * 3600.0},
    "mail alerts": {"task": "evaluation.tasks.mail_alerts", "schedule": 30.0},
    "beat": {"task": "ragapp.monitoring.tasks.beat", "schedule": 10.0},
}

# --- Files -----------------------------------------------------------------------------------------------
FILES_DIR = DATA_DIR / "files"
MAX_UPLOAD_MB = env.integer("RAGAPP_MAX_UPLOAD_MB", 100, at_least=1)
MAX_FILES_PER_UPLOAD = 200
MAX_ARCHIVE_MB = env.integer("RAGAPP_MAX_ARCHIVE_MB", 2048, at_least=1)
# What one person may have on its way in at a time, in parts and in archives.
INCOMING_QUOTA_MB = env.integer("RAGAPP_INCOMING_QUOTA_MB", 8192, at_least=1)
INCOMING_LEASE_S = 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_FILES_PER_UPLOAD
FILE_UPLOAD_TEMP_DIR = None
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("RAGAPP_STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # Tests run without collectstatic.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENVIRONMENT == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Looked for when they are asked for: each test's client would list them all once more.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = ENVIRONMENT == "test"

# --- Ingestion -------------------------------------------------------------------------------------------
PARSER_MEMORY_MB = env.integer("RAGAPP_PARSER_MEMORY_MB", 896, at_least=256)
PARSER_CPU_S = env.integer("RAGAPP_PARSER_CPU_S", 120, at_least=1)
PARSER_WALL_S = env.integer("RAGAPP_PARSER_WALL_S", 480, at_least=1)
# Of one file, without anybody asking; Tesseract's names of languages, joined by "+".
OCR_PAGES = env.integer("RAGAPP_OCR_PAGES", 100)
OCR_LANGUAGES = env.text("RAGAPP_OCR_LANGUAGES", "eng")
INGEST_LEASE_S = env.integer("RAGAPP_INGEST_LEASE_S", 60, at_least=1)
INGEST_MAX_ATTEMPTS = 3

# --- Calls to other servers ------------------------------------------------------------------------------
# Beside the public internet on ports 80 and 443; ragapp.lib.destinations reads both.
OUTBOUND_ALLOW = env.listing("RAGAPP_OUTBOUND_ALLOW")
OUTBOUND_PORTS = env.listing("RAGAPP_OUTBOUND_PORTS")
SYNC_FOLDERS = env.listing("RAGAPP_SYNC_FOLDERS")
CRAWL_DELAY_S = env.number("RAGAPP_CRAWL_DELAY_S", 1.0)
SOURCE_PAGES_MAX = env.integer("RAGAPP_SOURCE_PAGES_MAX", 5000, at_least=1)

# --- Models ----------------------------------------------------------------------------------------------
# Models in the form they are served in, made once from the packages.
MODELS_DIR = Path(env.text("RAGAPP_MODELS_DIR", str(DATA_DIR / "models")))
EMBEDDING_MODEL = env.text("RAGAPP_EMBEDDING_MODEL", "all-MiniLM-L6-v2")
# An entry of the list below embeds instead of this machine; index versions name the entry, never its address or key.
EMBEDDING_ENDPOINT = env.text("RAGAPP_EMBEDDING_ENDPOINT")
EMBEDDING_ENDPOINTS = env.mapping("RAGAPP_EMBEDDING_ENDPOINTS")
EMBEDDING_KEYS = env.mapping("RAGAPP_EMBEDDING_KEYS")
EMBEDDING_TIMEOUT_S = env.number("RAGAPP_EMBEDDING_TIMEOUT_S", 60.0, at_least=1)
EMBEDDING_MAX_TOKENS = env.integer("RAGAPP_EMBEDDING_MAX_TOKENS", 510, at_least=64)
EMBEDDING_DIMENSIONS = env.integer("RAGAPP_EMBEDDING_DIMENSIONS", 0)
EMBEDDING_QUERY_PREFIX = env.text("RAGAPP_EMBEDDING_QUERY_PREFIX")
EMBEDDING_PASSAGE_PREFIX = env.text("RAGAPP_EMBEDDING_PASSAGE_PREFIX")
# How long a retired index version is kept up to date, so that going back is one click.
INDEX_KEEP_DAYS = env.integer("RAGAPP_INDEX_KEEP_DAYS", 7)
# Up to this many readable chunks every vector is compared; above it, the HNSW index is used.
EXACT_SEARCH_LIMIT = env.integer("RAGAPP_EXACT_SEARCH_LIMIT", 30_000)
# A cross-encoder on this machine that orders the best candidates anew; empty: none.
RERANKER_MODEL = env.text("RAGAPP_RERANKER_MODEL")
RERANK_BUDGET_MS = env.integer("RAGAPP_RERANK_BUDGET_MS", 150)
LLM_BASE_URL = env.text("OPENAI_BASE_URL")
LLM_API_KEY = env.text("OPENAI_API_KEY")
LLM_MODEL = env.text("RAGAPP_LLM_MODEL")
LLM_TIMEOUT_S = env.number("RAGAPP_LLM_TIMEOUT_S", 60.0, at_least=1)
LLM_MAX_OUTPUT_TOKENS = env.integer("RAGAPP_LLM_MAX_OUTPUT_TOKENS", 1000, at_least=50)
LLM_CONTEXT_TOKENS = env.integer("RAGAPP_LLM_CONTEXT_TOKENS", 8000, at_least=1000)
# After so long without a first word a second deployment is asked too, and the faster one answers; 0: never.
LLM_HEDGE_AFTER_S = env.number("RAGAPP_LLM_HEDGE_AFTER_S", 0.0)
# Simple questions go to deployments of the small tier first; what counts as simple: chat.answering.simple.
LLM_SMALL_FOR_SIMPLE = env.boolean("RAGAPP_LLM_SMALL_FOR_SIMPLE", default=False)
# Evaluation runs and their judge go through the provider's batches: cheaper, and hours later.
LLM_BATCHES = env.boolean("RAGAPP_LLM_BATCHES", default=False)
# The database keeps rows of the last 30 days whatever this says.
LLM_CALLS_KEPT_DAYS = env.integer("RAGAPP_LLM_CALLS_KEPT_DAYS", 730, at_least=31)

# --- Answers ---------------------------------------------------------------------------------------------
QUESTION_MAX_CHARS = 20_000
ANSWER_LEASE_S = 30

# --- Mail ------------------------------------------------------------------------------------------------
_mail = environ.Env.email_url_config(env.text("EMAIL_URL", "consolemail://"))
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("RAGAPP_MAIL_FROM", "ragapp@localhost")
# Within how many hours a person is to reply to a question that an employee passed on.
ESCALATION_HOURS = env.integer("RAGAPP_ESCALATION_HOURS", 24, at_least=1)
# Who hears of alerts that nobody owns; empty: all admins who have an address.
ALERT_MAIL = env.listing("RAGAPP_ALERT_MAIL")

# --- Language and time -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["ragapp.formats"]
# Each by its own name. A person chooses on their account page; else the browser says.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = env.text("RAGAPP_TIME_ZONE", "UTC")

# --- Monitoring ------------------------------------------------------------------------------------------
METRICS_TOKEN = env.text("RAGAPP_METRICS_TOKEN")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "ragapp.monitoring.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("RAGAPP_LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},
        "pypdfium2": {"level": "WARNING"},
    },
}

# --- Admin -----------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "ragapp",
    "SITE_HEADER": "ragapp",
    "SITE_SYMBOL": "menu_book",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")},
    ],
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda request: static("css/review.css")],
    # The accent of static/css/tokens.css, so that the admin looks like the rest.
    "COLORS": {
        "primary": {
            "50": "#eef6f3",
            "100": "#d6e9e2",
            "200": "#afd4c7",
            "300": "#80b9a7",
            "400": "#539b86",
            "500": "#38806c",
            "600": "#2f6f5e",
            "700": "#26594c",
            "800": "#1f473d",
            "900": "#193a32",
            "950": "#0d211c",
        }
    },
}
