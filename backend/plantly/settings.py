"""Settings: one frozen value, built once from an environment mapping and handed down."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values

from plantly.domain.limits import LimitTable, read_limits
from plantly.domain.sandbox_chaos import Chaos, ChaosError, parse_chaos
from plantly.domain.visitor import Network, read_networks

T = TypeVar("T")

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_ENVIRONMENTS = ("development", "production")
_PROVIDERS = ("sandbox", "gr4vy", "stripe")
_CHECKOUT_MODES = ("external", "embedded")
_WIDGET_URIS = ("hashed", "stable")
_BUILT_PROVIDERS = ("sandbox",)
_BUILT_CHECKOUT_MODES = ("external",)
_WORKERS = ("inside", "apart")
_SANDBOX_CAPTURES = ("auto", "manual")
_SECRET = re.compile(r"[!-+\--~]{16,200}", re.ASCII)
_SERVER = re.compile(r"(?:\[[^/?]*\]|[^/:?]*)(?::[0-9]{0,5})?(?:[/?]|$)", re.ASCII)
_MAX_PORT = 65535


class SettingsError(Exception):
    """One message that names every problem with the settings."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Plantly cannot start with these settings:\n- " + "\n- ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How the sandbox provider behaves, and where the shop finds it."""

    chaos: Chaos
    capture: Literal["auto", "manual"]
    url: str | None
    """Another server's sandbox, on this machine; None for this server's own."""
    api_key: str | None = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides."""

    env: str
    host: str
    port: int
    public_url: str
    data_dir: Path
    database_url: str = field(repr=False)
    """May hold a password, which must not be in anything that is printed."""
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    payment_provider: str
    checkout_mode: str
    trust_hint: bool
    widget_uris: Literal["hashed", "stable"]
    lane: bool
    playground: bool
    allow_private_fetch: bool
    limits: LimitTable
    trusted_proxies: tuple[Network, ...]
    worker: Literal["inside", "apart"]
    """Whether the server does the background work itself, or `plantly worker` does."""
    server_url: str | None
    """Where a worker of its own reaches a server; None for the server of this machine."""
    sandbox: SandboxSettings

    @property
    def is_sqlite(self) -> bool:
        """Say whether the database is a file on this machine."""
        return self.database_url.startswith("sqlite")

    @property
    def public_origin(self) -> str:
        """Return scheme, host and port of the public address."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def loopback_url(self) -> str:
        """Return the address at which the shop reaches itself."""
        if self.server_url is not None:
            return self.server_url
        host = self.host if self.host not in {"0.0.0.0", "::", ""} else "127.0.0.1"  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def read_environment(directory: Path | None = None) -> dict[str, str]:
    """Return the process environment, on top of what `.env` in the directory says."""
    file = (directory or Path.cwd()) / ".env"
    values = {k: v for k, v in dotenv_values(file).items() if v is not None}
    return {**values, **os.environ}  # noqa: TID251 - the one place that reads the environment


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Build the settings from an environment.

    Raises:
        SettingsError: Something is missing, malformed or unsafe; it names every problem at once.
    """
    read = _Reader(environment)
    env = read.choice("PLANTLY_ENV", "development", _ENVIRONMENTS)
    host = read.text("PLANTLY_HOST", "127.0.0.1")
    port = read.port()
    public_url = read.url("PLANTLY_PUBLIC_URL", f"http://127.0.0.1:{port}")
    widget_uris = read.choice("PLANTLY_WIDGET_URIS", "hashed", _WIDGET_URIS)
    data_dir = Path(read.text("PLANTLY_DATA_DIR", ".plantly")).expanduser()
    default_db = f"sqlite:///{(data_dir / 'plantly.db').absolute()}"
    settings = Settings(
        env=env,
        host=host,
        port=port,
        public_url=public_url,
        data_dir=data_dir,
        database_url=read.database_url(default_db),
        allowed_hosts=_allowed_hosts(read, public_url, host, port),
        allowed_origins=_allowed_origins(read, public_url, port),
        payment_provider=read.choice("PLANTLY_PAYMENT_PROVIDER", "sandbox", _PROVIDERS),
        checkout_mode=read.choice("PLANTLY_CHECKOUT_MODE", "external", _CHECKOUT_MODES),
        trust_hint=read.flag("PLANTLY_TRUST_HINT", default=True),
        widget_uris="stable" if widget_uris == "stable" else "hashed",
        lane=read.flag("PLANTLY_LANE", default=True),
        playground=read.flag("PLANTLY_PLAYGROUND", default=env != "production"),
        allow_private_fetch=read.flag("PLANTLY_ALLOW_PRIVATE_FETCH", default=False),
        limits=read.said("PLANTLY_LIMITS", read_limits),
        trusted_proxies=read.said("PLANTLY_TRUSTED_PROXIES", read_networks),
        worker=_worker(read),
        server_url=read.url("PLANTLY_SERVER_URL", "") or None,
        sandbox=_sandbox(read),
    )
    problems = [*read.problems, *_safety_problems(settings, read.items("PLANTLY_ALLOWED_HOSTS"))]
    if problems:
        raise SettingsError(problems)
    return settings


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this very machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
    return here and port != 0


def _worker(read: "_Reader") -> Literal["inside", "apart"]:
    return "apart" if read.choice("PLANTLY_WORKER", "inside", _WORKERS) == "apart" else "inside"


def _sandbox(read: "_Reader") -> SandboxSettings:
    chaos = Chaos()
    try:
        chaos = parse_chaos(read.text("PLANTLY_SANDBOX_CHAOS", ""))
    except ChaosError as error:
        read.problems.extend(f"PLANTLY_SANDBOX_CHAOS: {problem}" for problem in error.problems)
    capture = read.choice("PLANTLY_SANDBOX_CAPTURE", "auto", _SANDBOX_CAPTURES)
    url = read.url("PLANTLY_SANDBOX_URL", "")
    if url and not is_loopback(url):
        read.problems.append(
            "PLANTLY_SANDBOX_URL leads to another machine: use a sandbox on this one, such as "
            "http://127.0.0.1:8001."
        )
    return SandboxSettings(
        chaos=chaos,
        capture="manual" if capture == "manual" else "auto",
        url=url or None,
        api_key=next(iter(read.secrets("PLANTLY_SANDBOX_API_KEY", most=1)), None),
        webhook_secrets=tuple(read.secrets("PLANTLY_SANDBOX_WEBHOOK_SECRET", most=4)),
    )


def _allowed_hosts(read: "_Reader", public_url: str, host: str, port: int) -> tuple[str, ...]:
    """Return the Host headers that are answered: our own names and those that were listed."""
    own = [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", urlsplit(public_url).netloc]
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        own.append(f"{host}:{port}")
    return tuple(dict.fromkeys([*own, *read.items("PLANTLY_ALLOWED_HOSTS")]))


def _allowed_origins(read: "_Reader", public_url: str, port: int) -> tuple[str, ...]:
    parts = urlsplit(public_url)
    own = [
        f"http://127.0.0.1:{port}",
        f"http://localhost:{port}",
        f"{parts.scheme}://{parts.netloc}",
    ]
    return tuple(dict.fromkeys([*own, *read.items("PLANTLY_ALLOWED_ORIGINS")]))


def _safety_problems(settings: Settings, listed_hosts: list[str]) -> list[str]:
    problems = []
    if settings.env == "production" and settings.sandbox.chaos:
        problems.append("PLANTLY_SANDBOX_CHAOS is for tests: production refuses it.")
    if settings.payment_provider not in _BUILT_PROVIDERS:
        problems.append(
            f"PLANTLY_PAYMENT_PROVIDER={settings.payment_provider} is not available in this "
            "version: use sandbox."
        )
    if settings.checkout_mode not in _BUILT_CHECKOUT_MODES:
        problems.append(
            "PLANTLY_CHECKOUT_MODE=embedded is not available in this version: use external."
        )
    if settings.env != "production":
        return problems
    if settings.payment_provider == "sandbox":
        problems.append(
            "PLANTLY_PAYMENT_PROVIDER is sandbox, which moves no money: production needs a real "
            "provider."
        )
    if not listed_hosts:
        problems.append(
            "PLANTLY_ALLOWED_HOSTS is empty: name the hosts that production answers to, "
            "such as shop.example.com."
        )
    if not settings.public_url.startswith("https://"):
        problems.append("PLANTLY_PUBLIC_URL must begin with https:// in production.")
    return problems


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


class _Reader:
    """Reads one environment and collects what is wrong with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name, "").strip() or default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.problems.append(f"{name} is {value!r}: use one of {', '.join(allowed)}.")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
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
        return [item.strip() for item in self.text(name, "").split(",") if item.strip()]

    def port(self) -> int:
        name = "PLANTLY_PORT" if self._environment.get("PLANTLY_PORT", "").strip() else "PORT"
        value = self.text(name, "8000")
        digits = value.isascii() and value.isdigit() and len(value) <= len(str(_MAX_PORT))
        if not digits or not 0 < int(value) <= _MAX_PORT:
            self.problems.append(f"{name} is {value!r}: use a port number from 1 to {_MAX_PORT}.")
            return 8000
        return int(value)

    def url(self, name: str, default: str) -> str:
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

    def database_url(self, default: str) -> str:
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
