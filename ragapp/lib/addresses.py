"""Where a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the browser, "" when it is not known (a socket).

    Behind one reverse proxy (production) the last entry of X-Forwarded-For is the one that the proxy itself wrote;
    those before it are the client's words. Elsewhere nothing forwarded is believed.
    """
    if settings.AXES_IPWARE_PROXY_COUNT:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            return str(forwarded)[:45]
    return str(request.META.get("REMOTE_ADDR") or "")[:45]
