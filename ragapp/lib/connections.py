"""Connections that go to checked addresses only and end at a deadline: what `outbound` speaks HTTP over."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import httpcore

from ragapp.lib import destinations
from ragapp.lib.destinations import Address, Rules

Resolve = Callable[[str, int], list[str]]


class OutboundError(Exception):
    """Nothing usable came back. `message` says what happened, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


class Refused(OutboundError):
    """The address is not one that may be called."""


class Unreachable(OutboundError):
    """The other side could not be reached, or broke off. It may work later."""


class TooMuch(OutboundError):
    """What came back is too large, too slow, or not what was asked for."""


class Guarded(httpcore.NetworkBackend):
    """Opens connections to checked addresses only, and keeps the deadline of the whole call."""

    def __init__(self, rules: Rules, resolve: Resolve, deadline: float, connect_s: float) -> None:
        self._rules, self._resolve, self._deadline, self._connect_s = rules, resolve, deadline, connect_s
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the addresses of `host`, when all of them may be called. Raises Refused."""
        failure: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._real.connect_tcp(str(address), port, timeout=min(self._connect_s, self._left()))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Timed(stream, self._left)
        raise failure or Unreachable(f"{host} was not found.", "Check the address, and try again later.")

    def _addresses(self, host: str, port: int) -> list[Address]:
        named = destinations.literal(host)
        found = [named] if named is not None else [destinations.address_of(text) for text in self._names(host, port)]
        # One that may not be called spoils all: such a name was made to lead here.
        if not all(self._rules.permits(host.rstrip("."), address, port) for address in found):
            raise private(host)
        return found

    def _names(self, host: str, port: int) -> list[str]:
        answer: SimpleQueue[list[str]] = SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._resolve(host, port))
            except (OSError, UnicodeError):
                answer.put([])

        # The system's resolver knows no time-out: a thread waits for it, and is left behind when it is too late.
        Thread(target=ask, name="resolve", daemon=True).start()
        try:
            return answer.get(timeout=min(self._connect_s, self._left()))
        except Empty:
            raise Unreachable(f"{host} could not be looked up in time.", "Try again later.") from None

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _Timed(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline, however often a byte arrives."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As the stream does."""
        return self._stream.read(max_bytes, timeout=self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As the stream does."""
        self._stream.write(buffer, timeout=self._left())

    def close(self) -> None:
        """As the stream does."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As the stream does."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, timeout=self._left()), self._left)

    def get_extra_info(self, info: str) -> Any:
        """As the stream does."""
        return self._stream.get_extra_info(info)


def look_up(host: str, port: int) -> list[str]:
    """Every address of `host`, by the resolver of this machine. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def private(host: str) -> Refused:
    return Refused(
        f"{host} is not on the public internet.", "An administrator can allow it by name in RAGAPP_OUTBOUND_ALLOW."
    )
