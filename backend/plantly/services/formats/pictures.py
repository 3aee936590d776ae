"""Addresses of pictures: http(s), or a file that the shop serves itself."""

import re

from plantly.domain.catalog_document import MediaDocument
from plantly.services.formats.tidy import tidy_line

MAX_ADDRESS = 2000

_ADDRESS = re.compile(r"https?://[^\s\"<>\\^`{|}/?#]+(?:[/?#][^\s\"<>\\^`{|}]*)?", re.IGNORECASE)
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


def is_picture(address: str) -> bool:
    """Tell whether it is an http(s) address, or the name of a file of the shop."""
    found = _ADDRESS.fullmatch(address) or _FILE.fullmatch(address)
    return found is not None and len(address) <= MAX_ADDRESS


def picture(address: str, alt: str, media_url: str | None) -> MediaDocument | None:
    """Return the picture at an address, or None when it is no http(s) address.

    `media_url` is where the shop serves its own files: they keep their names.
    """
    address = tidy_line(address)
    if address.startswith("//"):
        address = f"https:{address}"
    if not _ADDRESS.fullmatch(address) or len(address) > MAX_ADDRESS:
        return None
    if media_url is not None:
        file = address.removeprefix(media_url.rstrip("/") + "/")
        if file != address and _FILE.fullmatch(file):
            return MediaDocument(file, tidy_line(alt))
    return MediaDocument(address, tidy_line(alt))
