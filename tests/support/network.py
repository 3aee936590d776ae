"""Keep the tests on this machine: a connection to anywhere but loopback is an error."""

import ipaddress
import socket
import sys
from collections.abc import Callable

_state = {"installed": False, "blocking": False}


class OutsideWorldError(RuntimeError):
    """A test tried to reach something that is not on this machine."""


def block_outside_world() -> None:
    """Refuse, from now on, every address and name that is not loopback.

    An audit hook sees what every library does, and cannot be removed: `allow_outside_world` only
    makes it look away.
    """
    if not _state["installed"]:
        sys.addaudithook(_audit)
        _state["installed"] = True
    _state["blocking"] = True


def allow_outside_world() -> None:
    """Stop refusing."""
    _state["blocking"] = False


def _audit(event: str, args: tuple[object, ...]) -> None:
    check = _CHECKS.get(event)
    if check is not None and _state["blocking"]:
        check(args)


def _check_address(args: tuple[object, ...]) -> None:
    sock, address = args[0], args[-1]
    if isinstance(sock, socket.socket) and sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    if isinstance(address, tuple):
        _refuse_unless_loopback(address[0])


def _check_name(args: tuple[object, ...]) -> None:
    _refuse_unless_loopback(args[0])


def _refuse_unless_loopback(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return
    try:
        loopback = ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise OutsideWorldError(f"Tests talk to this machine only, not to {name!r}.")


_CHECKS: dict[str, Callable[[tuple[object, ...]], None]] = {
    "socket.connect": _check_address,
    "socket.sendto": _check_address,
    "socket.sendmsg": _check_address,
    "socket.getaddrinfo": _check_name,
    "socket.gethostbyname": _check_name,
}
