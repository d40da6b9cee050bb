"""Calls to addresses that people configure."""

import gzip
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ragapp.lib import destinations, outbound
from ragapp.lib.outbound import Call, Limits, Refused, TooMuch, Unreachable
from ragapp.tests.web_server import Answer, serving

PUBLIC_ONLY = destinations.rules([], [])
PUBLIC = "93.184.216.34"


@pytest.fixture
def site():
    with serving() as served:
        yield served


@pytest.fixture
def rules(site):
    """The local site may be called, by its address and as wiki.example."""
    return destinations.rules([f"127.0.0.1:{site.port}"], [])


def here(host, port):
    return ["127.0.0.1"]


def test_a_page_comes_back_with_its_headers(site, rules):
    site.pages["/a?b=1"] = Answer("hello", headers={"Content-Type": "text/plain; charset=utf-8", "ETag": '"1"'})

    reply = outbound.request(Call(url=site.url("/a?b=1#part")), rules=rules)

    assert (reply.status, reply.body, reply.media_type, reply.headers["etag"]) == (200, b"hello", "text/plain", '"1"')
    assert reply.url == site.url("/a?b=1")


def test_the_name_stays_the_host_while_the_connection_goes_to_the_checked_address(site, rules):
    site.pages["/"] = "hello"

    outbound.request(Call(url=site.url(host="wiki.example")), rules=rules, resolve=here)

    assert site.asked[0].headers["host"] == f"wiki.example:{site.port}"


def test_a_name_with_one_private_address_among_public_ones_is_refused(site):
    with pytest.raises(Refused):
        outbound.request(Call(url="http://evil.example/"), rules=PUBLIC_ONLY, resolve=lambda *_: [PUBLIC, "10.0.0.1"])


def test_a_name_that_answers_differently_after_the_check_is_not_asked_again(site, rules):
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    site.pages["/"] = "hello"

    reply = outbound.request(Call(url=site.url(host="evil.example")), rules=rules, resolve=lambda *_: answers.pop(0))

    assert reply.body == b"hello"
    assert answers == [["169.254.169.254"]]


def test_a_name_that_turns_private_between_two_redirects_is_refused(site, rules):
    answers = [["127.0.0.1"], ["192.168.0.1"]]
    site.pages["/"] = Answer(status=302, headers={"Location": "/next"})

    with pytest.raises(Refused):
        outbound.request(Call(url=site.url(host="evil.example")), rules=rules, resolve=lambda *_: answers.pop(0))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://", "example.com", "",
        "http://127.0.0.1/", "http://[::1]/", "http://0.0.0.0/", "http://2130706433/", "http://0x7f.1/",
        "http://0177.0.0.1/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
        "http://169.254.169.254/latest/meta-data/", "http://127。0。0。1/", "http://example.com:22/",
        "http://user:secret@example.com/", "http://[fe80::1%25eth0]/", "http://a b/", "http://example.com:99999/",
        "http://example.com/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_can_never_be_called_is_refused_before_anything_is_looked_up(url):
    with pytest.raises(Refused):
        outbound.check(url, PUBLIC_ONLY)


@pytest.mark.parametrize("host", ["localhost", "localhost.", "metadata.google.internal", "evil.example"])
def test_a_name_that_leads_to_a_private_address_is_refused(host):
    with pytest.raises(Refused):
        outbound.request(Call(url=f"http://{host}/"), rules=PUBLIC_ONLY, resolve=here)


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://[::1]/", "file:///etc/passwd", "http://169.254.169.254/", "//0x7f.1/"]
)
def test_a_redirect_to_a_private_address_is_refused(site, rules, target):
    site.pages["/"] = Answer(status=302, headers={"Location": target})

    with pytest.raises(Refused):
        outbound.request(Call(url=site.url()), rules=rules)


def test_redirects_are_followed_so_far_and_no_further(site, rules):
    site.pages["/"] = Answer(status=301, headers={"Location": "/b"})
    site.pages["/b"] = "here"
    site.pages["/loop"] = Answer(status=302, headers={"Location": "/loop"})

    assert outbound.request(Call(url=site.url()), rules=rules).url == site.url("/b")
    with pytest.raises(TooMuch):
        outbound.request(Call(url=site.url("/loop")), rules=rules)


def test_a_redirect_that_is_declined_comes_back_as_it_is(site, rules):
    site.pages["/"] = Answer(status=302, headers={"Location": "/b"})

    reply = outbound.request(Call(url=site.url(), may_follow=lambda url: False), rules=rules)

    assert (reply.status, reply.headers["location"]) == (302, "/b")
    assert site.paths() == ["/"]


def test_secrets_are_for_the_first_server_alone(rules, site):
    site.pages["/"] = Answer(status=302, headers={"Location": site.url("/b", host="other.example")})
    site.pages["/b"] = "here"

    outbound.request(Call(url=site.url(), secret={"Authorization": "Bearer abc"}), rules=rules, resolve=here)

    assert [request.headers.get("authorization") for request in site.asked] == ["Bearer abc", None]


def test_a_body_is_posted_and_a_redirect_of_it_is_not_followed(site, rules):
    site.pages["/hook"] = Answer(status=307, headers={"Location": "/b"})

    reply = outbound.request(Call(url=site.url("/hook"), method="POST", content=b"{}"), rules=rules)

    assert reply.status == 307
    assert (site.asked[0].method, site.asked[0].body) == ("POST", b"{}")


def test_what_is_too_large_is_not_read_to_its_end(site, rules):
    site.pages["/"] = Answer(b"a" * 5000)
    site.pages["/packed"] = Answer(gzip.compress(b"a" * 5_000_000), headers={"Content-Encoding": "gzip"})

    for path in ("/", "/packed"):
        with pytest.raises(TooMuch):
            outbound.request(Call(url=site.url(path)), rules=rules, limits=Limits(body_bytes=4999))


def test_what_is_packed_comes_back_unpacked(site, rules):
    site.pages["/"] = Answer(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    site.pages["/cut"] = Answer(gzip.compress(b"hello")[:-9], headers={"Content-Encoding": "gzip"})
    site.pages["/other"] = Answer(b"hello", headers={"Content-Encoding": "br"})

    assert outbound.request(Call(url=site.url()), rules=rules).body == b"hello"
    with pytest.raises(Unreachable):
        outbound.request(Call(url=site.url("/cut")), rules=rules)
    with pytest.raises(TooMuch):
        outbound.request(Call(url=site.url("/other")), rules=rules)


def test_a_body_that_is_not_wanted_is_not_read(site, rules):
    site.pages["/"] = Answer(b"a" * 5000, headers={"Content-Type": "video/mp4"})
    call = Call(url=site.url(), wants=lambda status, headers: not headers["content-type"].startswith("video/"))

    assert outbound.request(call, rules=rules, limits=Limits(body_bytes=10)).body == b""


@pytest.mark.parametrize("sent", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_server_that_answers_drop_by_drop_is_left_at_the_deadline(sent):
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _ = listener.accept()
            with connection:
                connection.sendall(sent)
                while not over.wait(0.02):
                    try:
                        connection.sendall(b"a")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        try:
            with pytest.raises(Unreachable):
                outbound.request(
                    Call(url=f"http://127.0.0.1:{port}/"),
                    rules=destinations.rules([f"127.0.0.1:{port}"], []),
                    limits=Limits(total_s=0.3),
                )
        finally:
            over.set()
            thread.join()


def test_a_resolver_that_never_answers_is_left_at_the_deadline():
    over = threading.Event()

    def resolve(host, port):
        over.wait()
        return [PUBLIC]

    try:
        with pytest.raises(Unreachable):
            outbound.request(
                Call(url="http://example.com/"), rules=PUBLIC_ONLY, resolve=resolve, limits=Limits(total_s=0.1)
            )
    finally:
        over.set()


def test_a_name_that_is_not_found_and_a_closed_port_are_unreachable(site, rules):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    def nobody(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Unreachable):
        outbound.request(Call(url="http://nowhere.example/"), rules=PUBLIC_ONLY, resolve=nobody)
    with pytest.raises(Unreachable):
        outbound.request(Call(url=f"http://127.0.0.1:{port}/"), rules=destinations.rules([f"127.0.0.1:{port}"], []))


def test_proxies_of_the_environment_are_not_used(site, rules, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site.pages["/"] = "hello"

    assert outbound.request(Call(url=site.url()), rules=rules).body == b"hello"


async def test_a_call_can_be_awaited(site, rules):
    site.pages["/"] = "hello"

    assert (await outbound.arequest(Call(url=site.url()), rules=rules)).body == b"hello"


@pytest.fixture
def certified(tmp_path):
    """A server for wiki.example with a certificate of its own making, and that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wiki.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("wiki.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with serving(context) as served:
        yield served, pem


def test_the_certificate_is_that_of_the_name_not_of_the_address(certified, monkeypatch):
    site, pem = certified
    site.pages["/"] = "hello"
    rules = destinations.rules([f"127.0.0.1:{site.port}"], [])
    url = f"https://wiki.example:{site.port}/"

    with pytest.raises(Unreachable, match="certificate"):
        outbound.request(Call(url=url), rules=rules, resolve=here)
    trusting = ssl.create_default_context(cafile=str(pem))
    monkeypatch.setattr(outbound, "trust", lambda: trusting)

    assert outbound.request(Call(url=url), rules=rules, resolve=here).body == b"hello"
    with pytest.raises(Unreachable, match="certificate"):
        outbound.request(Call(url=url.replace("wiki.", "evil.")), rules=rules, resolve=here)


def test_a_private_address_is_called_private_whatever_its_port() -> None:
    with pytest.raises(Refused) as refused:
        outbound.check("http://127.0.0.1:8000/", destinations.rules([], []))

    assert "Port" not in refused.value.message
