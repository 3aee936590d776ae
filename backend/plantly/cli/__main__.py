"""Run the command as `python -m plantly.cli`."""

from plantly.cli.application import main

main()
