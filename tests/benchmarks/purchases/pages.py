"""The pages of purchases again: our templates and the values they had, through Jinja alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from jinja2 import Template


@dataclass(frozen=True)
class Rendering:
    """A template, what it was filled with, and who read it: filters write amounts for them."""

    template: Template
    reader: Context
    values: tuple[Any, ...]
    named: Mapping[str, Any]

    def again(self) -> str:
        """Write the page once more."""
        return self.reader.run(self.template.render, *self.values, **self.named)


@contextmanager
def noting_pages() -> Iterator[list[Rendering]]:
    """Note what is rendered in this process."""
    seen: list[Rendering] = []
    render = Template.render

    def noted(template: Template, *values: Any, **named: Any) -> str:
        seen.append(Rendering(template, copy_context(), values, named))
        return render(template, *values, **named)

    with patch.object(Template, "render", noted):
        yield seen
