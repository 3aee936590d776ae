"""Pictures of other servers become ours: checked, upright, small, and without what they tell."""

import errno
import io
import zlib
from pathlib import Path

import pytest
from PIL import Image, features

from plantly.outbound.images import MAX_SIDE, keep_picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_ORIENTATION = 0x0112
_MAKER = 0x010F


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red" if mode != "P" else 1).save(made, kind)
    return made.getvalue()


def opened(folder: Path, name: str) -> Image.Image:
    with Image.open(folder / name) as image:
        image.load()
        return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_usual_kind_becomes_webp_named_by_its_content(tmp_path: Path, kind: str) -> None:
    own = keep_picture(picture(kind), tmp_path)
    assert (own.width, own.height) == (40, 30)
    assert len(own.file) == 32 + len(".webp")
    assert opened(tmp_path, own.file).format == "WEBP"
    assert [path.name for path in tmp_path.iterdir()] == [own.file]
    assert keep_picture(picture(kind), tmp_path) == own


def test_avif_is_taken_where_the_machine_can_read_it(tmp_path: Path) -> None:
    if features.check("avif"):
        assert keep_picture(picture("AVIF", (64, 64)), tmp_path).width == 64


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    own = keep_picture(picture("JPEG", (4000, 1000)), tmp_path)
    assert (own.width, own.height) == (MAX_SIDE, 400)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_colors_of_every_kind_are_taken(tmp_path: Path, mode: str) -> None:
    made = io.BytesIO()
    Image.new(mode, (8, 8)).save(made, "JPEG" if mode == "CMYK" else "PNG")
    own = keep_picture(made.getvalue(), tmp_path)
    assert opened(tmp_path, own.file).mode in {"RGB", "RGBA"}


def test_what_is_transparent_stays_transparent(tmp_path: Path) -> None:
    made = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(made, "PNG")
    own = keep_picture(made.getvalue(), tmp_path)
    assert opened(tmp_path, own.file).getpixel((4, 4))[3] == 0  # type: ignore[index]


def test_a_picture_is_put_upright_and_forgets_who_took_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    exif[_MAKER] = "A camera of somebody"
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "JPEG", exif=exif, comment=b"secret")
    own = keep_picture(made.getvalue(), tmp_path)
    assert (own.width, own.height) == (30, 40)
    content = (tmp_path / own.file).read_bytes()
    assert b"camera" not in content
    assert b"secret" not in content
    assert not opened(tmp_path, own.file).getexif()


def test_only_the_first_frame_of_a_moving_picture_is_kept(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (10, 10), color) for color in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    kept = opened(tmp_path, keep_picture(made.getvalue(), tmp_path).file)
    assert getattr(kept, "n_frames", 1) == 1
    red, _, blue = kept.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > blue


def bomb() -> bytes:
    """Make a PNG of a few bytes that says it has 50,000 x 50,000 pixels."""
    content = bytearray(picture("PNG", (1, 1)))
    content[16:24] = (50_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (SVG, "is no picture"),
        (b"", "is no picture"),
        (b"<html>Not found</html>", "is no picture"),
        (picture("TIFF"), "is no picture"),
        (picture("ICO"), "is no picture"),
        (picture("PNG", (300, 300))[:120], "is damaged"),
        (picture("JPEG", (300, 300))[:500], "is damaged"),
        (bomb(), "has 50000 x 50000 pixels, more than 50 million: give a smaller picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        keep_picture(content, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_of_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        keep_picture(picture(), tmp_path)
    assert list(tmp_path.iterdir()) == []
