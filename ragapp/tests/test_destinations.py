"""Which machines may be called."""

import pytest

from ragapp.lib import destinations
from ragapp.lib.destinations import address_of, literal

NONE_ALLOWED = destinations.rules([], [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "192.88.99.1", "::", "::1", "fe80::1", "fc00::1",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1",
        "2001:0:7f00:1::", "2001:db8::1", "100::1", "fec0::1", "5f00::1",
    ],
)  # fmt: skip
def test_nothing_but_the_public_internet_is_called(address):
    assert not NONE_ALLOWED.permits("example.com", address_of(address), 443)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_the_public_internet_is_called_on_the_usual_ports(address):
    assert NONE_ALLOWED.permits("example.com", address_of(address), 443)
    assert not NONE_ALLOWED.permits("example.com", address_of(address), 22)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "1.2.3", "1.2.3.4.5", "0x7f.0.0.0x1", "127.0.0.1.",
        "fe80::1%25eth0", "a b", "a..b", "", "ex%41mple.com", "a/b", "-" * 64, "a." * 127 + "com",
    ],
)  # fmt: skip
def test_a_host_in_an_unusual_spelling_is_refused(host):
    with pytest.raises(ValueError):
        literal(host)


def test_a_name_is_no_address():
    assert literal("example.com") is None
    assert literal("example.com.") is None
    assert str(literal("10.0.0.1")) == "10.0.0.1"


def test_an_allowed_network_may_be_called_on_the_usual_ports_alone():
    rules = destinations.rules(["10.1.0.0/16"], [])

    assert rules.permits("wiki.intern", address_of("10.1.2.3"), 443)
    assert rules.permits("wiki.intern", address_of("::ffff:10.1.2.3"), 443)
    assert not rules.permits("wiki.intern", address_of("10.2.2.3"), 443)
    assert not rules.permits("wiki.intern", address_of("10.1.2.3"), 8080)


def test_an_allowed_port_is_that_of_its_host_alone():
    rules = destinations.rules(["127.0.0.1:8123", "[::1]:8123", "wiki.intern:8080"], [])

    assert rules.permits("127.0.0.1", address_of("127.0.0.1"), 8123)
    assert rules.permits("localhost", address_of("::1"), 8123)
    assert not rules.permits("127.0.0.1", address_of("127.0.0.1"), 80)
    assert rules.permits("wiki.intern", address_of("10.0.0.7"), 8080)
    assert not rules.permits("other.intern", address_of("10.0.0.7"), 8080)
    assert not rules.permits("wiki.intern", address_of("8.8.8.8"), 22)


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "fe80::1", "fd00:ec2::254", "224.0.0.1"])
def test_an_allowed_name_still_never_leads_to_a_metadata_service(address):
    rules = destinations.rules(["wiki.intern"], [])

    assert not rules.permits("wiki.intern", address_of(address), 80)


def test_more_ports_of_the_public_internet_can_be_opened():
    rules = destinations.rules([], ["8443"])

    assert rules.permits("example.com", address_of("8.8.8.8"), 8443)
    assert not rules.permits("example.com", address_of("10.0.0.1"), 8443)


@pytest.mark.parametrize(("allow", "ports"), [(["10.0.0.1/8"], []), (["a b"], []), (["x:0"], []), ([], ["https"])])
def test_settings_that_cannot_be_read_are_an_error(allow, ports):
    with pytest.raises(ValueError):
        destinations.rules(allow, ports)
