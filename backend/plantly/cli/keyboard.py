"""Who sits at the keyboard."""

import getpass

_LONGEST = 100


def at_the_keyboard() -> str:
    """Name who changes the catalog, for its history."""
    try:
        return f"cli:{getpass.getuser()}"[:_LONGEST]
    except (OSError, KeyError):
        # A container may run as a number that has no name.
        return "cli"
