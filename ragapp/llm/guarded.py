"""HTTP for addresses that admins entered: every connection goes to an address that the site's rules allow."""

import asyncio

import httpx2

from ragapp.lib import destinations, outbound
from ragapp.lib.connections import Refused, look_up, private

LOOK_UP_S = 5.0


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """Resolves the name itself, checks every address it has and connects to one that was checked.

    So a name that answers differently a moment later leads nowhere else. The certificate and the Host header stay
    those of the name. Raises outbound.Refused.
    """

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """As the transport does, at the checked address."""
        host = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = await _checked(host, port)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=str(address))
        return await super().handle_async_request(request)


def client(*, timeout: httpx2.Timeout) -> httpx2.AsyncClient:
    """Knows no proxies from the environment and follows no redirect: both would lead past the check."""
    return httpx2.AsyncClient(
        transport=GuardedTransport(verify=outbound.trust()), timeout=timeout, follow_redirects=False, trust_env=False
    )


async def _checked(host: str, port: int) -> destinations.Address:
    rules = outbound.rules()
    try:
        named = destinations.literal(host)
        found = [named] if named is not None else [destinations.address_of(text) for text in await _names(host, port)]
    except ValueError as error:
        raise Refused(f"{host} is no address that can be called.", "Correct the address of the deployment.") from error
    # One that may not be called spoils all: such a name was made to lead here.
    if not all(rules.permits(host.rstrip("."), address, port) for address in found):
        raise private(host)
    return found[0]


async def _names(host: str, port: int) -> list[str]:
    try:
        return await asyncio.wait_for(asyncio.to_thread(look_up, host, port), LOOK_UP_S)
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(f"{host} could not be looked up in time") from error
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"{host} was not found") from error
