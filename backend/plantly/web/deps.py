"""What the routes of money are made of."""

from dataclasses import dataclass, field

from plantly.db import Database
from plantly.services.gate import Gate
from plantly.services.workflows.till import Till
from plantly.settings import Settings


@dataclass(frozen=True, slots=True)
class WebDeps:
    """Handed to the factory of each router."""

    db: Database
    settings: Settings
    till: Till
    gate: Gate = field(default_factory=Gate)
