"""Every experiment, in the order in which they are run."""

from tests.chaos.experiments.kills import KILLS
from tests.chaos.experiments.oversell import OVERSELL
from tests.chaos.lab import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (OVERSELL, KILLS)
