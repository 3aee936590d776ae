"""The settings of Gr4vy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from plantly.settings.reader import Reader, is_loopback

_APPLE_PAY = "https://applepay.cdn-apple.com"
"""The form always loads Apple's script from here."""

_ENVIRONMENTS = ("sandbox", "production")
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~/-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Gr4vySettings:
    """The instance at Gr4vy, and the key that opens it."""

    id: str
    environment: Literal["sandbox", "production"]
    merchant_account_id: str
    private_key: str = field(repr=False)
    """The P-521 key in PEM."""
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_url: str | None
    """A stand-in for Gr4vy's API, on this machine; None for Gr4vy's own."""
    embed_script_url: str

    @property
    def api_origin(self) -> str:
        """Return where the API is, for the shop and for the form in a buyer's browser."""
        return self.api_url or f"https://api.{self._instance}.gr4vy.app"

    @property
    def script_origin(self) -> str:
        """Return where the script of the payment form comes from."""
        parts = urlsplit(self.embed_script_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def script_origins(self) -> tuple[str, ...]:
        """Return where all scripts of the payment form come from."""
        return (self.script_origin, _APPLE_PAY)

    @property
    def frame_origin(self) -> str:
        """Return where the frame comes from into which the card is typed."""
        if is_loopback(self.script_origin):
            return self.script_origin
        return f"https://embed.{self._instance}.gr4vy.app"

    @property
    def _instance(self) -> str:
        return self.id if self.environment == "production" else f"sandbox.{self.id}"

    def test_settings(self) -> Iterator[str]:
        """Say what production must not be set to."""
        if self.environment == "sandbox":
            yield "GR4VY_ENVIRONMENT is sandbox, which moves no money: production needs production."
        if self.api_url is not None:
            yield "GR4VY_API_URL is for tests: production refuses it."
        if is_loopback(self.script_origin):
            yield "GR4VY_EMBED_SCRIPT_URL leads to this machine, for tests: production refuses it."


def read_gr4vy(read: Reader) -> Gr4vySettings:
    """Read the instance, when Gr4vy is the chosen provider."""
    read.installed("gr4vy", "gr4vy")
    name = read.needed("GR4VY_ID", "it is the first part of your dashboard's address.")
    if name and not _ID.fullmatch(name):
        read.problems.append(
            f"GR4VY_ID is {name!r}: use the first part of your dashboard's address, in small "
            "letters, digits and hyphens."
        )
    environment = read.choice("GR4VY_ENVIRONMENT", "sandbox", _ENVIRONMENTS)
    account = read.text("GR4VY_MERCHANT_ACCOUNT_ID", "default")
    if not _ACCOUNT.fullmatch(account):
        read.problems.append(
            f"GR4VY_MERCHANT_ACCOUNT_ID is {account!r}: use the account's id as the dashboard "
            "shows it, such as default."
        )
    return Gr4vySettings(
        id=name,
        environment="production" if environment == "production" else "sandbox",
        merchant_account_id=account,
        private_key=_private_key(read),
        webhook_secrets=read.needed_secrets(
            "GR4VY_WEBHOOK_SECRET",
            "copy the secret of the webhook subscription from the dashboard; without it anybody "
            "could report a payment.",
        ),
        api_url=read.loopback("GR4VY_API_URL"),
        embed_script_url=_embed_script_url(read, name),
    )


def _private_key(read: Reader) -> str:
    path = read.needed(
        "GR4VY_PRIVATE_KEY_PATH", "name the file of the API key that the dashboard gave you."
    )
    if not path:
        return ""
    try:
        # What it imports comes with the extra, whose absence has been named by now.
        from plantly.settings.gr4vy_key import KeyProblem, read_private_key  # noqa: PLC0415
    except ImportError:
        return ""
    try:
        return read_private_key(Path(path).expanduser())
    except KeyProblem as problem:
        read.problems.append(f"GR4VY_PRIVATE_KEY_PATH: {problem}")
        return ""


def _embed_script_url(read: Reader, name: str) -> str:
    own = f"https://cdn.{name}.gr4vy.app"
    url = read.text("GR4VY_EMBED_SCRIPT_URL", f"{own}/embed.latest.js")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    origin = f"{parts.scheme}://{parts.netloc}"
    known = origin == own or (parts.scheme == "http" and is_loopback(origin))
    if not known or url != f"{origin}{parts.path}" or not _PATH.fullmatch(parts.path):
        read.problems.append(
            f"GR4VY_EMBED_SCRIPT_URL is {url!r}: use a file of your instance's own address, such "
            f"as {own}/embed.latest.js."
        )
    return url
