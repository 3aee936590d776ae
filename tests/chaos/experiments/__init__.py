"""Every experiment, in the order in which they are run."""

from tests.chaos.experiments.crash_points import CRASH_POINTS
from tests.chaos.experiments.forgeries import FORGERIES
from tests.chaos.experiments.kills import KILLS
from tests.chaos.experiments.money_back import MONEY_BACK
from tests.chaos.experiments.outage import OUTAGE
from tests.chaos.experiments.oversell import OVERSELL
from tests.chaos.experiments.repeats import REPEATS
from tests.chaos.experiments.totals import TOTALS
from tests.chaos.experiments.webhooks import WEBHOOKS
from tests.chaos.lab import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    OVERSELL,
    KILLS,
    CRASH_POINTS,
    REPEATS,
    TOTALS,
    WEBHOOKS,
    FORGERIES,
    OUTAGE,
    MONEY_BACK,
)
