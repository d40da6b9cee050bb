"""The port that several web processes share."""

import pickle
import socket

import pytest

from ragapp import serve


def test_connections_are_spread_over_the_processes_that_share_a_port() -> None:
    with serve._bound("127.0.0.1", 0) as reserved:
        # As each process is sent it.
        sent = pickle.dumps(reserved)
        first, second = pickle.loads(sent), pickle.loads(sent)
        for listening in (first, second):
            listening.listen(40)
            listening.setblocking(False)

        callers = [socket.create_connection(reserved.getsockname()) for _ in range(40)]

        assert accepted(first) + accepted(second) == 40
        for each in (first, second, *callers):
            each.close()


def accepted(listening: socket.socket) -> int:
    """How many connections wait at it; never none where forty were spread."""
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            assert count
            return count
        count += 1


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        status = serve.main(["--port", str(port), "--processes", "2"])

    assert status == 1
    assert f"127.0.0.1:{port} cannot be listened to" in capsys.readouterr().err
