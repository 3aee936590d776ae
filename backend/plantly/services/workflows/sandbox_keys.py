"""What the shop and its sandbox know of each other, as it is now: it may be changed any time."""

import logging

import anyio

from plantly.db import Database
from plantly.payments.sandbox import SandboxSecrets
from plantly.services.secrets import known_sandbox_secrets
from plantly.settings import SandboxSettings

log = logging.getLogger("plantly.secrets")

LOOK_EVERY_SECONDS = 2


class SandboxKeys:
    """Holds the secrets that count at the moment; what the settings say goes first."""

    def __init__(self, db: Database, chosen: SandboxSettings, made: SandboxSecrets) -> None:
        self._db = db
        self._chosen = chosen
        self._current = self._known(made)

    @property
    def api_key(self) -> str:
        """Return the key that opens the sandbox's API."""
        return self._current.api_key

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Return what webhooks are signed with, the newest first."""
        return self._current.webhook_secrets

    @property
    def older_api_keys(self) -> tuple[str, ...]:
        """Return the keys that still open the API."""
        return self._current.older_api_keys

    async def refresh(self) -> None:
        """Notice what `plantly secrets` has changed."""
        self._current = self._known(await self._db.read(known_sandbox_secrets))

    async def keep_fresh(self) -> None:
        """Look again and again, until somebody cancels it."""
        while True:
            await anyio.sleep(LOOK_EVERY_SECONDS)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - a database that is away changes no secret
                log.warning("the secrets could not be looked at: %s", type(error).__name__)

    def _known(self, made: SandboxSecrets) -> SandboxSecrets:
        chosen = self._chosen
        return SandboxSecrets(
            chosen.api_key or made.api_key,
            chosen.webhook_secrets or made.webhook_secrets,
            () if chosen.api_key else made.older_api_keys,
        )
