"""Fetch other servers' pictures and make them ours: checked, resized, without metadata."""

import contextlib
import hashlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
from PIL import Image, ImageOps, UnidentifiedImageError

from plantly.domain.errors import FetchFailed
from plantly.outbound.fetch import PICTURE, Fetcher, FetchLimits, masked

MAX_SIDE = 1600
MAX_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_QUALITY = 82
_NAME_LENGTH = 32

# We look at the size ourselves, before anything is decoded, and say it in a sentence.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """A picture that we serve: its file, and its size in pixels."""

    file: str
    width: int
    height: int


async def fetch_picture(
    fetcher: Fetcher, url: str, folder: Path, limits: FetchLimits = PICTURE
) -> OwnPicture:
    """Fetch a picture and put it into a folder as WebP, named by its content.

    Raises:
        FetchFailed: It could not be fetched, or is no picture that we show.
    """
    into = io.BytesIO()
    await fetcher.fetch(url, into, limits)
    try:
        # A picture at a time: decoded, one may need a hundred times what it weighs.
        return await anyio.to_thread.run_sync(keep_picture, into.getvalue(), folder, limiter=_one())
    except ValueError as error:
        raise FetchFailed(f"{masked(url)} {error}") from error
    except OSError as error:
        raise FetchFailed(f"{masked(url)} could not be kept: {error.strerror}.") from error


def keep_picture(data: bytes, folder: Path) -> OwnPicture:
    """Put a picture into a folder as WebP.

    Raises:
        ValueError: It is none that we show; the text completes a sentence that begins with it.
    """
    with _decoded(data) as picture:
        made = io.BytesIO()
        picture.save(made, "WEBP", quality=_QUALITY, method=4)
        width, height = picture.size
    content = made.getvalue()
    name = f"{hashlib.sha256(content).hexdigest()[:_NAME_LENGTH]}.webp"
    _write(folder / name, content)
    return OwnPicture(name, width, height)


def _decoded(data: bytes) -> Image.Image:
    """Return the picture upright, in plain colors, and no larger than it is shown."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _check_size(picture)
            picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except _Refused:
        raise
    except UnidentifiedImageError as error:
        msg = "is no picture: give a JPEG, PNG, WebP, GIF or AVIF."
        raise ValueError(msg) from error
    except Exception as error:  # decoders of hostile bytes fail in every way there is
        msg = "is damaged: give another picture."
        raise ValueError(msg) from error
    plain.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    plain.info.clear()
    return plain


class _Refused(ValueError):
    """We can read it, but will not."""


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        told = f"has {width} x {height} pixels, more than {MAX_PIXELS // 10**6} million"
        raise _Refused(f"{told}: give a smaller picture.")


def _write(path: Path, content: bytes) -> None:
    """Write a file at once: nobody ever sees half of it."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(content)
            file.flush()
            temporary.chmod(0o644)
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


_limiters: dict[int, anyio.CapacityLimiter] = {}


def _one() -> anyio.CapacityLimiter:
    """Return the limiter that lets one picture be decoded at a time."""
    return _limiters.setdefault(MAX_PIXELS, anyio.CapacityLimiter(1))
