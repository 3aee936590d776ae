"""Rows of tables as text."""

import csv
import io
from collections.abc import Iterable, Sequence


def csv_rows(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Return rows in the dialect that every reader of tables knows.

    Cells are written exactly. A program that runs cells beginning with `=`, `+`, `-` or `@` has to
    be told that they are text: a mark against that would be read back as a part of the text.
    """
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()
