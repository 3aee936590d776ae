"""Read one environment, and collect what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_SECRET = re.compile(r"[!-+\--~]{16,200}", re.ASCII)
_SERVER = re.compile(r"(?:\[[^/?]*\]|[^/:?]*)(?::[0-9]{0,5})?(?:[/?]|$)", re.ASCII)
_MAX_PORT = 65535


class SettingsError(Exception):
    """One message that names every problem with the settings."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Plantly cannot start with these settings:\n- " + "\n- ".join(problems))
        self.problems = problems


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this very machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
    return here and port != 0


class Reader:
    """Reads one environment and collects what is wrong with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read this environment."""
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        """Return what is set, or the default for nothing."""
        return self._environment.get(name, "").strip() or default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words."""
        value = self.text(name, default)
        if value not in allowed:
            self.problems.append(f"{name} is {value!r}: use one of {', '.join(allowed)}.")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return whether something is switched on."""
        value = self._environment.get(name)
        if value is None or value.strip().lower() not in _TRUE | _FALSE:
            if value is not None:
                self.problems.append(f"{name} is {value!r}: use true or false.")
            return default
        return value.strip().lower() in _TRUE if value.strip() else default

    def said(self, name: str, reading: Callable[[str], tuple[T, list[str]]]) -> T:
        """Read a setting with words of its own, whose reader says what is wrong with them."""
        value, problems = reading(self.text(name, ""))
        self.problems += [f"{name}: {problem}" for problem in problems]
        return value

    def items(self, name: str) -> list[str]:
        """Return what is listed, separated by commas."""
        return [item.strip() for item in self.text(name, "").split(",") if item.strip()]

    def port(self) -> int:
        """Return the port to listen on."""
        name = "PLANTLY_PORT" if self._environment.get("PLANTLY_PORT", "").strip() else "PORT"
        value = self.text(name, "8000")
        digits = value.isascii() and value.isdigit() and len(value) <= len(str(_MAX_PORT))
        if not digits or not 0 < int(value) <= _MAX_PORT:
            self.problems.append(f"{name} is {value!r}: use a port number from 1 to {_MAX_PORT}.")
            return 8000
        return int(value)

    def url(self, name: str, default: str) -> str:
        """Return an origin: scheme, host and perhaps a port."""
        value = self.text(name, default).rstrip("/")
        if value != default and not _is_origin(value):
            self.problems.append(
                f"{name} is {value!r}: use an origin such as https://shop.example.com."
            )
            return default
        return value

    def secrets(self, name: str, *, most: int) -> list[str]:
        """Return what is set, never to be repeated in a problem."""
        values = self.items(name)
        if len(values) > most or not all(map(_SECRET.fullmatch, values)):
            number = "one" if most == 1 else f"up to {most}, separated by commas,"
            self.problems.append(
                f"{name} cannot be used: it takes {number} of 16 to 200 visible ASCII characters."
            )
            return []
        return values

    def loopback(self, name: str) -> str | None:
        """Return the origin of a stand-in for a provider, which runs on this machine."""
        url = self.url(name, "")
        if url and not is_loopback(url):
            self.problems.append(
                f"{name} leads to another machine: it is for tests against a stand-in on this one, "
                "such as http://127.0.0.1:9001. Leave it out to reach the provider."
            )
            return None
        return url or None

    def installed(self, extra: str, module: str) -> None:
        """Check that what the provider needs is installed."""
        if find_spec(module) is None:
            self.problems.append(
                f"PLANTLY_PAYMENT_PROVIDER={extra} needs a package that is not installed: "
                f"pip install 'plantly[{extra}]'."
            )

    def needed(self, name: str, remedy: str) -> str:
        """Return what has to be set."""
        value = self.text(name, "")
        if not value:
            self.problems.append(f"{name} is not set: {remedy}")
        return value

    def needed_secrets(self, name: str, remedy: str) -> tuple[str, ...]:
        """Return secrets of which there must be one, and may be several while one replaces it."""
        before = len(self.problems)
        values = tuple(self.secrets(name, most=4))
        if not values and len(self.problems) == before:
            self.problems.append(f"{name} is not set: {remedy}")
        return values

    def database_url(self, default: str) -> str:
        """Return where the database is, if it can be reached with what is installed."""
        value = self.text("PLANTLY_DATABASE_URL", default)
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            self.problems.append(
                "PLANTLY_DATABASE_URL must begin with sqlite:/// or postgresql://."
            )
        elif not value.startswith("sqlite") and not _has_server(value):
            # The driver's own words would repeat what stands there, perhaps a password.
            self.problems.append(
                "PLANTLY_DATABASE_URL cannot be read: write it as "
                "postgresql://user:password@host:5432/name."
            )
        elif not value.startswith("sqlite") and find_spec("asyncpg") is None:
            self.problems.append(
                "PLANTLY_DATABASE_URL names PostgreSQL, whose driver is not installed: "
                "pip install 'plantly[postgres]'."
            )
        return value


def _is_origin(value: str) -> bool:
    """Say whether this is scheme, host and perhaps a port, and nothing more."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    only = value.lower() == f"{parts.scheme}://{parts.netloc}".lower() and "@" not in parts.netloc
    return only and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0


def _has_server(database_url: str) -> bool:
    """Say whether host and port stand where they belong, behind user and password."""
    user, at, rest = database_url.partition("://")[2].partition("@")
    return _SERVER.match(rest if at else user) is not None
