"""Addresses that are called for other people are public ones, however they are written."""

import pytest

from plantly.outbound.address_guard import AddressGuard

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:192.168.0.1",
    "::ffff:7f00:1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:7f00:1:0:0:80ff:fffe",
    "fc00::1",
    "fd12:3456::1",
    "2001:db8::1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0.1.2.3",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "",
    "localhost",
    "2130706433",
    "0x7f.1",
    "127.1",
    "010.0.0.1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert AddressGuard().allows(address)
    assert AddressGuard(allow_private=True).allows(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_called_only_when_that_is_allowed(address: str) -> None:
    assert not AddressGuard().allows(address)
    assert AddressGuard(allow_private=True).allows(address)


@pytest.mark.parametrize("address", NEVER)
def test_what_only_machines_talk_to_is_never_called(address: str) -> None:
    assert not AddressGuard().allows(address)
    assert not AddressGuard(allow_private=True).allows(address)
