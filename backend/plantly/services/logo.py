"""Take the logo of a shop from the file beside its `shop.toml`."""

import hashlib
import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from plantly.domain.errors import InvalidInput
from plantly.domain.shop import Logo
from plantly.services.logo_svg import clean_svg

LARGEST: Final = 200 * 1024
INLINE: Final = 8 * 1024
"""A logo this small, as text, travels inside of the widgets."""
_WIDEST: Final = 12
"""Times its height; a band of pixels is no logo."""
_PIXELS: Final = 4096
_LEAST: Final = 16
"""Below so many units a side, whole numbers are too coarse for its shape."""
_RASTER: Final = {".png": "PNG", ".webp": "WEBP"}
_NAME_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class LogoShelf:
    """Where logos come from, and where they are served from."""

    beside: Path
    """The folder of the shop file."""
    media: Path

    def take(self, name: str) -> Logo:
        """Check a logo and put it where pictures are served from, named by its content.

        Raises:
            InvalidInput: There is none, or it is not one that can be shown.
        """
        content = self._read(name)
        kind = Path(name).suffix.lower()
        try:
            if kind == ".svg":
                content, wide, high = clean_svg(content)
            else:
                wide, high = _pixels(content, kind)
            _check_shape(wide, high)
        except ValueError as error:
            raise InvalidInput("shop.logo", f"The logo {name} {error}.") from error
        file = f"logo-{hashlib.sha256(content).hexdigest()[:_NAME_LENGTH]}{kind}"
        self.media.mkdir(parents=True, exist_ok=True)
        _put(self.media / file, content)
        width, height = _whole(wide, high)
        return Logo(file, width, height, _inline(content, kind))

    def _read(self, name: str) -> bytes:
        path = self.beside / name
        if path.suffix.lower() not in {".svg", *_RASTER}:
            text = f"The logo {name} has to be an SVG, a PNG or a WebP file."
            raise InvalidInput("shop.logo", text)
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            text = f"The logo {name} cannot be read: put it beside the shop file."
            raise InvalidInput("shop.logo", text) from error
        if len(content) > LARGEST:
            text = f"The logo {name} is larger than {LARGEST // 1024} KB: give a smaller file."
            raise InvalidInput("shop.logo", text)
        return content


def _put(file: Path, content: bytes) -> None:
    """Write a file at once: a running shop may be sending the one that is there."""
    half = file.with_name(f".{file.name}")
    half.write_bytes(content)
    half.replace(file)


def _whole(width: float, height: float) -> tuple[int, int]:
    """Return a size in whole numbers of the same shape, also where a drawing is one unit high."""
    larger = max(1, _LEAST / min(width, height))
    return round(width * larger), round(height * larger)


def _check_shape(width: float, height: float) -> None:
    if not 1 / _WIDEST <= width / height <= _WIDEST:
        msg = f"is more than {_WIDEST} times as long as it is broad"
        raise ValueError(msg)


def _pixels(content: bytes, kind: str) -> tuple[int, int]:
    """Return width and height of a picture that can be shown.

    Raises:
        ValueError: It is none, or is too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[_RASTER[kind]]) as picture:
            width, height = picture.size
            if max(width, height) <= _PIXELS:
                picture.load()
    except Exception as error:  # decoders of hostile bytes fail in every way there is
        msg = f"is no {kind[1:].upper()} that can be read"
        raise ValueError(msg) from error
    if max(width, height) > _PIXELS:
        msg = f"has {width} x {height} pixels, {_PIXELS} a side at most"
        raise ValueError(msg)
    return width, height


def _inline(content: bytes, kind: str) -> str:
    """Return a small logo as text that stands in a page, else nothing."""
    mime = "svg+xml" if kind == ".svg" else kind[1:]
    text = f"data:image/{mime};base64,{b64encode(content).decode()}"
    return text if len(text) <= INLINE else ""
