"""Which machines on the network may be called: the public internet, and what the settings name on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# https://www.iana.org/assignments/iana-ipv4-special-registry: what Python calls global differs between its versions.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_PUBLIC_6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo, documentation, 6to4: tunnels would carry an IPv4 address of anybody's choice.
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))
_TRANSLATED = IPv6Network("64:ff9b::/96")
# Never meant by the name of a server, even one that is allowed: they need to be named as addresses.
_NEVER_BY_NAME = tuple(
    map(ip_network, ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "fe80::/10", "fd00:ec2::/32", "ff00::/8", "::/128"))
)
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
# Browsers and C libraries read 0x7f.1 or 2130706433 as addresses; we call nothing by such names.
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
USUAL_PORTS = frozenset({80, 443})


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """One exception: a host name, or a network; `port` None stands for the usual ones."""

    host: str = ""
    network: Network | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Beside the public internet on `ports`, what `allow` names."""

    allow: tuple[Allowed, ...] = ()
    ports: frozenset[int] = USUAL_PORTS

    def permits(self, host: str, address: Address, port: int) -> bool:
        """Whether `address`, which `host` was resolved to, may be called on `port`."""
        real = _inside(address)
        if port in self.ports and _is_public(real):
            return True
        return any(self._is_exception(allowed, host, real, port) for allowed in self.allow)

    def permits_port(self, port: int) -> bool:
        """Whether anything at all may be called on `port`."""
        return port in self.ports or any(allowed.port == port for allowed in self.allow)

    def _is_exception(self, allowed: Allowed, host: str, address: Address, port: int) -> bool:
        if port != allowed.port and (allowed.port is not None or port not in self.ports):
            return False
        if allowed.network is not None:
            return address in allowed.network
        return host == allowed.host and not any(address in network for network in _NEVER_BY_NAME)


def rules(allow: list[str], ports: list[str]) -> Rules:
    """Rules from settings: `allow` lists host, host:port, network or network:port. Raises ValueError."""
    return Rules(allow=tuple(map(_allowed, allow)), ports=USUAL_PORTS | {_port(port) for port in ports})


def is_public(address: Address) -> bool:
    """Whether `address` leads to the public internet, whatever way it is written."""
    return _is_public(_inside(address))


def literal(host: str) -> Address | None:
    """The address that `host` (lower case, without brackets) spells out, None for a name. Raises ValueError.

    Wrong are names with other letters than host names have, zones, and addresses in any but the usual spelling.
    """
    if ":" in host:
        return IPv6Address(host) if "%" not in host else _wrong(host)
    if not _HOST.fullmatch(host) or len(host) > 253:
        return _wrong(host)
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return IPv4Address(host)
    return None


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _inside(address: Address) -> Address:
    """The IPv4 address that a mapped or translated one leads to."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _allowed(entry: str) -> Allowed:
    text = entry.strip().lower()
    host, port = text, None
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?", text)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    number = None if port is None else _port(port)
    try:
        return Allowed(network=ip_network(host), port=number)
    except ValueError:
        if "/" in host or literal(host) is not None:
            raise
    return Allowed(host=host.rstrip("."), port=number)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"{text!r} is no port.")
    return int(text)


def _wrong(host: str) -> Address:
    raise ValueError(f"{host!r} is no host name.")


def address_of(text: str) -> Address:
    """An address as the resolver gives it, without its zone."""
    return ip_address(text.partition("%")[0])
