"""The report of an import stays small, however much is wrong."""

from plantly.services.formats.reading import Problem
from plantly.services.imports import Counts
from plantly.services.workflows.import_report import MAX_SHOWN, ImportReport


def test_all_problems_are_counted_and_the_first_are_kept() -> None:
    report = ImportReport("file.csv", "shopify")
    report.add_all([Problem(i, f"field {i}", "Mend it.") for i in range(1000)])
    assert len(report.problems) == MAX_SHOWN
    assert (report.skipped, report.notes) == (1000, 0)
    assert report.kinds["other"] == 900
    assert sum(report.kinds.values()) == 1000


def test_what_was_taken_decides_whether_an_import_failed() -> None:
    report = ImportReport("file.csv", "shopify", counts=Counts(created=1), read=1)
    assert not report.is_refused(strict=True)
    report.add(Problem(3, "Price", "Mend it.", drops_row=False))
    assert not report.is_refused(strict=True)
    report.add(Problem(4, "Price", "Mend it."))
    assert not report.is_refused(strict=False)
    assert report.is_refused(strict=True)


def test_one_of_something_is_said_as_one() -> None:
    report = ImportReport("file.csv", "shopify", counts=Counts(created=1), read=1, written=False)
    report.add(Problem(3, "Price", "Mend it."))
    first, second, third, _ = report.sentences()
    assert first == (
        "file.csv (shopify): 1 product read: 1 would be created, 0 would be updated, 0 unchanged."
    )
    assert second == "1 row skipped, 0 notes."
    assert third == "Nothing was written."


def test_an_import_that_took_no_time_has_no_speed() -> None:
    assert ImportReport("file.csv", "shopify").document()["products_per_second"] == 0
