"""Show every state of every widget, change how the host looks, and see whether all of it holds."""

from tests.support.gallery.looks import LANGUAGES, THEMES, WIDTHS, Look, every_look
from tests.support.gallery.review import Room, open_room, review, review_needs
from tests.support.gallery.stage import Stage, State

__all__ = [
    "LANGUAGES",
    "THEMES",
    "WIDTHS",
    "Look",
    "Room",
    "Stage",
    "State",
    "every_look",
    "open_room",
    "review",
    "review_needs",
]
