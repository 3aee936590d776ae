"""`--images`: remote pictures become files of the shop, once, whatever the other server sends."""

import io
from typing import Any

from PIL import Image
from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import MediaRow, ProductRow
from tests.support.cli import Shell
from tests.support.feed_server import FeedServer
from tests.support.merchant_files import shopify_csv, shopify_row
from tests.support.rivals import elsewhere


def picture(color: str, size: tuple[int, int] = (30, 20)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, "PNG")
    return made.getvalue()


def media(url: str) -> dict[str, tuple[str, int, int, str | None]]:
    def work(uow: UnitOfWork) -> dict[str, tuple[str, int, int, str | None]]:
        rows = uow.session.execute(
            select(
                ProductRow.slug,
                MediaRow.path,
                MediaRow.width,
                MediaRow.height,
                ProductRow.picture_path,
            ).join(MediaRow, MediaRow.product_id == ProductRow.id)
        )
        return {slug: (path, width, height, card) for slug, path, width, height, card in rows}

    return elsewhere(url, work)


def write_file(shop: Shell, **pictures: str) -> str:
    rows = [shopify_row(slug, **{"Image Src": url}) for slug, url in pictures.items()]
    (shop.directory / "products.csv").write_bytes(shopify_csv(*rows))
    return "products.csv"


def imported(shop: Shell, file: str, *arguments: str) -> Any:
    return shop.json("catalog", "import", file, "--allow-private", *arguments)


def test_pictures_are_fetched_once_and_stay_ours(
    shop: Shell, feeds: FeedServer, database_url: str
) -> None:
    fern, same = feeds.put("/fern.png", picture("green")), feeds.put("/moss.png", picture("green"))
    file = write_file(shop, fern=fern, ivy=feeds.put("/ivy.png", picture("red")), moss=same)
    said = imported(shop, file, "--images")
    assert said["pictures"] == {"fetched": 3, "failed": 0, "remote": 0}
    found = media(database_url)
    files = {path.name for path in (shop.directory / ".plantly" / "media").iterdir()}
    assert {path for path, *_ in found.values()} == files
    assert len(files) == 2
    assert found["fern"] == (found["moss"][0], 30, 20, found["fern"][0])

    asked = len(feeds.asked)
    again = imported(shop, file, "--images")
    assert len(feeds.asked) == asked
    assert again["products"]["unchanged"] == 3
    assert imported(shop, file)["products"]["unchanged"] == 3
    assert media(database_url) == found


def test_without_images_the_summary_says_what_is_remote(
    shop: Shell, feeds: FeedServer, database_url: str
) -> None:
    url = feeds.put("/fern.png", picture("green"))
    file = write_file(shop, fern=url)
    said = imported(shop, file)
    assert said["pictures"]["remote"] == 1
    assert any("import with --images" in message for message in said["messages"])
    assert feeds.asked == []
    assert media(database_url)["fern"][0] == url
    imported(shop, file, "--images")
    assert media(database_url)["fern"][0].endswith(".webp")


def test_a_picture_that_cannot_be_had_is_a_note(
    shop: Shell, feeds: FeedServer, database_url: str
) -> None:
    svg = feeds.put("/logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    away = feeds.put("/away", status=302, Location="http://169.254.169.254/latest/")
    file = write_file(
        shop,
        fern=feeds.put("/fern.png", picture("green")),
        gone=f"{feeds.url}/gone.png?token=secret",
        logo=svg,
        away=away,
    )
    said = imported(shop, file, "--images")
    assert said["pictures"] == {"fetched": 1, "failed": 3, "remote": 3}
    assert said["rows_skipped"] == 0
    told = {problem["remedy"].partition(":")[0]: problem for problem in said["problems"]}
    assert told.keys() == {"gone", "logo", "away"}
    assert "answered 404" in told["gone"]["remedy"]
    assert "secret" not in told["gone"]["remedy"]
    assert "is no picture" in told["logo"]["remedy"]
    assert "not on the public internet" in told["away"]["remedy"]
    assert media(database_url)["logo"][0] == svg


def test_more_pictures_than_are_fetched_at_once(
    shop: Shell, feeds: FeedServer, database_url: str
) -> None:
    pictures = {f"plant-{i}": feeds.put(f"/{i}.png", picture("red", (i + 1, 4))) for i in range(90)}
    said = imported(shop, write_file(shop, **pictures), "--images")
    assert said["pictures"] == {"fetched": 90, "failed": 0, "remote": 0}
    assert len({path for path, *_ in media(database_url).values()}) == 90


def test_when_no_picture_can_be_had_the_rest_is_there(
    shop: Shell, feeds: FeedServer, database_url: str
) -> None:
    file = write_file(shop, fern=f"{feeds.url}/gone.png")
    shown = shop.done("catalog", "import", file, "--allow-private", "--images")
    assert "0 pictures fetched, 1 could not be." in shown
    feeds.put("/gone.png", picture("green"))
    again = shop.done("catalog", "import", file, "--allow-private", "--images")
    assert "1 picture fetched." in again


def test_a_folder_that_cannot_be_written_to_is_a_note(shop: Shell, feeds: FeedServer) -> None:
    file = write_file(shop, fern=feeds.put("/fern.png", picture("green")))
    (shop.directory / ".plantly").mkdir(exist_ok=True)
    (shop.directory / ".plantly" / "media").write_text("no folder", encoding="utf-8")
    (problem,) = imported(shop, file, "--images")["problems"]
    assert "could not be kept: File exists." in problem["remedy"]
