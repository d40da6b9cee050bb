"""Wrong passwords: five of one name from one address, and a number of one address over all names."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import F, Sum, Value
from django.db.models.functions import Least
from django.http import HttpRequest

# One subscriber has as many IPv6 addresses as a network of this length.
IPV6_PREFIX = 64


class Handler(AxesDatabaseHandler):
    """Locks an address, too, from which many names were tried: one password for everybody is guessing as well.

    Names that exist and others count alike. A name counts no more than what locks it, so that one forgotten password
    does not lock a whole office; what is tried while the address is locked is not counted, so that it ends.
    """

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return bool(super().is_locked(request, credentials)) or _is_address_locked(request)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if request is not None and _is_address_locked(request):
            request.axes_locked_out = True  # type: ignore[attr-defined]  # what its middleware looks at
            request.axes_credentials = credentials  # type: ignore[attr-defined]
            return
        super().user_login_failed(sender, credentials, request, **kwargs)


def _is_address_locked(request: HttpRequest) -> bool:
    most: int = settings.SIGN_IN_FAILURES_PER_ADDRESS
    address: str | None = request.axes_ip_address  # type: ignore[attr-defined]  # the proxy handler sets it
    if not most or not address:
        return False
    tried = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
    if isinstance(ip_address(address), IPv6Address):
        network = str(ip_network(f"{address}/{IPV6_PREFIX}", strict=False))
        tried = tried.extra(where=["ip_address <<= %s::inet"], params=[network])
    else:
        tried = tried.filter(ip_address=address)
    counted = Least(F("failures_since_start"), Value(settings.AXES_FAILURE_LIMIT))
    return int(tried.aggregate(failures=Sum(counted))["failures"] or 0) >= most
