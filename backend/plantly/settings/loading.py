"""Settings: one frozen value, built once from an environment mapping and handed down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from plantly.domain.limits import LimitTable, read_limits
from plantly.domain.visitor import Network, read_networks
from plantly.settings.gr4vy import Gr4vySettings, read_gr4vy
from plantly.settings.in_chat import InChatSettings, read_in_chat
from plantly.settings.mail import MailSettings, read_mail
from plantly.settings.reader import Reader, SettingsError
from plantly.settings.sandbox import SandboxSettings, read_sandbox
from plantly.settings.stripe import StripeSettings, read_stripe

_ENVIRONMENTS = ("development", "production")
_PROVIDERS = ("sandbox", "gr4vy", "stripe")
_CHECKOUT_MODES = ("external", "embedded")
_WIDGET_URIS = ("hashed", "stable")
_WORKERS = ("inside", "apart")


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
    gr4vy: Gr4vySettings | None = None
    """None unless it is the chosen provider, as with every provider but the sandbox."""
    stripe: StripeSettings | None = None
    mail: MailSettings = field(default_factory=MailSettings)
    in_chat: InChatSettings = field(default_factory=InChatSettings)

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
    def pay_origin(self) -> str:
        """Return the origin to which pressing Pay leads: forms must be allowed to go there."""
        if self.stripe is not None:
            return self.stripe.pay_origin
        elsewhere = self.sandbox.url if self.payment_provider == "sandbox" else None
        return elsewhere or self.public_origin

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
    read = Reader(environment)
    env = read.choice("PLANTLY_ENV", "development", _ENVIRONMENTS)
    provider = read.choice("PLANTLY_PAYMENT_PROVIDER", "sandbox", _PROVIDERS)
    host, port = read.text("PLANTLY_HOST", "127.0.0.1"), read.port()
    public_url = read.url("PLANTLY_PUBLIC_URL", f"http://127.0.0.1:{port}")
    data_dir = Path(read.text("PLANTLY_DATA_DIR", ".plantly")).expanduser()
    default_db = f"sqlite:///{(data_dir / 'plantly.db').absolute()}"
    mode = read.choice("PLANTLY_CHECKOUT_MODE", "external", _CHECKOUT_MODES)
    settings = Settings(
        env=env,
        host=host,
        port=port,
        public_url=public_url,
        data_dir=data_dir,
        database_url=read.database_url(default_db),
        allowed_hosts=_allowed_hosts(read, public_url, host, port),
        allowed_origins=_allowed_origins(read, public_url, port),
        payment_provider=provider,
        checkout_mode=mode,
        trust_hint=read.flag("PLANTLY_TRUST_HINT", default=True),
        widget_uris=_widget_uris(read),
        lane=read.flag("PLANTLY_LANE", default=True),
        playground=read.flag("PLANTLY_PLAYGROUND", default=env != "production"),
        allow_private_fetch=read.flag("PLANTLY_ALLOW_PRIVATE_FETCH", default=False),
        limits=read.said("PLANTLY_LIMITS", read_limits),
        trusted_proxies=read.said("PLANTLY_TRUSTED_PROXIES", read_networks),
        worker=_worker(read),
        server_url=read.url("PLANTLY_SERVER_URL", "") or None,
        sandbox=read_sandbox(read),
        gr4vy=read_gr4vy(read) if provider == "gr4vy" else None,
        stripe=read_stripe(read) if provider == "stripe" else None,
        mail=read_mail(read),
        in_chat=read_in_chat(read, embedded=mode == "embedded", is_live=env == "production"),
    )
    problems = [*read.problems, *_safety_problems(settings, read.items("PLANTLY_ALLOWED_HOSTS"))]
    if problems:
        raise SettingsError(problems)
    return settings


def _worker(read: Reader) -> Literal["inside", "apart"]:
    return "apart" if read.choice("PLANTLY_WORKER", "inside", _WORKERS) == "apart" else "inside"


def _widget_uris(read: Reader) -> Literal["hashed", "stable"]:
    said = read.choice("PLANTLY_WIDGET_URIS", "hashed", _WIDGET_URIS)
    return "stable" if said == "stable" else "hashed"


def _allowed_hosts(read: Reader, public_url: str, host: str, port: int) -> tuple[str, ...]:
    """Return the Host headers that are answered: our own names and those that were listed."""
    own = [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", urlsplit(public_url).netloc]
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        own.append(f"{host}:{port}")
    return tuple(dict.fromkeys([*own, *read.items("PLANTLY_ALLOWED_HOSTS")]))


def _allowed_origins(read: Reader, public_url: str, port: int) -> tuple[str, ...]:
    parts = urlsplit(public_url)
    own = [
        f"http://127.0.0.1:{port}",
        f"http://localhost:{port}",
        f"{parts.scheme}://{parts.netloc}",
    ]
    return tuple(dict.fromkeys([*own, *read.items("PLANTLY_ALLOWED_ORIGINS")]))


def _safety_problems(settings: Settings, listed_hosts: list[str]) -> list[str]:
    problems: list[str] = []
    if settings.env == "production" and settings.sandbox.chaos:
        problems.append("PLANTLY_SANDBOX_CHAOS is for tests: production refuses it.")
    problems += settings.in_chat.problems(settings.payment_provider)
    if settings.env != "production":
        return problems
    for provider in (settings.gr4vy, settings.stripe):
        problems += provider.test_settings() if provider else ()
    if settings.payment_provider == "sandbox":
        problems.append(
            "PLANTLY_PAYMENT_PROVIDER is sandbox, which moves no money: production needs a real "
            "provider."
        )
    if settings.mail.mode == "console":
        problems.append(
            "PLANTLY_MAIL has to be said in production: smtp with PLANTLY_SMTP_URL, or off when "
            "buyers shall get no mail."
        )
    if not listed_hosts:
        problems.append(
            "PLANTLY_ALLOWED_HOSTS is empty: name the hosts that production answers to, "
            "such as shop.example.com."
        )
    if not settings.public_url.startswith("https://"):
        problems.append("PLANTLY_PUBLIC_URL must begin with https:// in production.")
    return problems
