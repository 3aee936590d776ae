"""Every experiment, in the order in which they are run."""

from tests.chaos.lab import Experiment

EXPERIMENTS: tuple[Experiment, ...] = ()
