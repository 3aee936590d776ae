"""Make a vector logo safe: only what draws is kept, and what runs or loads is refused."""

import re
from typing import Final, Never
from xml.etree import ElementTree as ET

_SVG: Final = "http://www.w3.org/2000/svg"
_HREFS: Final = frozenset({"href", "{http://www.w3.org/1999/xlink}href"})
_ELEMENTS: Final = """
    svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textPath title
    desc linearGradient radialGradient stop clipPath mask pattern marker style filter
    feBlend feColorMatrix feComponentTransfer feComposite feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feMerge feMergeNode feMorphology feOffset feTurbulence
"""
_DRAWS: Final = frozenset(_ELEMENTS.split())
_SILENT: Final = frozenset({"metadata"})
# Nothing of what may stand before the `#` is given back, else a name in quotes is an address, too.
_LOADS: Final = re.compile(
    r"url\(\s*+[\"']?+(?!#)|@import|@font-face|expression|image-set\(|\b(?:image|src)\(|\\",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\s*(\d{1,6}(?:\.\d{1,9})?)(?:px|pt|mm)?\s*", re.ASCII)
_MOST_ELEMENTS: Final = 2000
_DEEPEST: Final = 100


class _Plain(ET.TreeBuilder):
    """Builds a drawing that names no document type, in whatever encoding it is written."""

    def doctype(self, *_: object) -> Never:
        """Refuse what could declare entities: they swell, or name files."""
        msg = "has a document type: save it as plain SVG"
        raise _DocumentType(msg)


class _DocumentType(ValueError):
    """A drawing says of what type of document it is."""


def clean_svg(content: bytes) -> tuple[bytes, float, float]:
    """Return a drawing without what editors leave in it, and its width and height.

    Raises:
        ValueError: It is no such drawing, or would run or load something; the text completes a
            sentence that begins with its name.
    """
    try:
        # What could swell is refused by the builder.
        root = ET.fromstring(content, ET.XMLParser(target=_Plain()))  # noqa: S314
    except _DocumentType:
        raise
    except (ET.ParseError, ValueError, LookupError) as error:
        msg = f"is no SVG that can be read ({error})"
        raise ValueError(msg) from error
    if root.tag != f"{{{_SVG}}}svg":
        msg = "is no SVG: its first element must be svg, in the namespace of SVG"
        raise ValueError(msg)
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        msg = f"has more than {_MOST_ELEMENTS} elements: give a simpler drawing"
        raise ValueError(msg)
    _clean(root)
    width, height = _size(root)
    root.set("viewBox", root.get("viewBox", f"0 0 {width:g} {height:g}"))
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="utf-8", xml_declaration=False), width, height


def _clean(node: ET.Element, depth: int = 0) -> None:
    if depth > _DEEPEST:
        msg = f"has more than {_DEEPEST} elements inside of each other: give a simpler drawing"
        raise ValueError(msg)
    _clean_attributes(node)
    # What stands behind an element inside of it is part of a style, too.
    if _local(node.tag) == "style" and _LOADS.search("".join(node.itertext())):
        msg = "has a style that loads something: keep to colors and shapes"
        raise ValueError(msg)
    for child in list(node):
        namespace, _, name = str(child.tag)[1:].partition("}")
        if namespace != _SVG or name in _SILENT:
            node.remove(child)
        elif name not in _DRAWS:
            msg = f"has the element {name}: a logo may only draw"
            raise ValueError(msg)
        else:
            _clean(child, depth + 1)


def _clean_attributes(node: ET.Element) -> None:
    for name, value in list(node.attrib.items()):
        if name in _HREFS:
            if not value.startswith("#"):
                msg = "refers to something outside of it: put everything into the drawing"
                raise ValueError(msg)
        elif name.startswith("{"):
            del node.attrib[name]
        elif name.lower().startswith("on"):
            msg = f"has a script in {name}: a logo may only draw"
            raise ValueError(msg)
        elif _LOADS.search(value):
            msg = f"loads something in {name}: put everything into the drawing"
            raise ValueError(msg)


def _size(root: ET.Element) -> tuple[float, float]:
    """Return width and height as drawn: those of the view box, else those that are said."""
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    said = box[2:] if len(box) == len("xywh") else [root.get("width", ""), root.get("height", "")]
    found = [match for match in map(_NUMBER.fullmatch, said) if match is not None]
    width, height = (float(match[1]) for match in found) if len(found) == len(said) else (0, 0)
    if not (width and height):
        msg = "does not say how large it is: give it a viewBox"
        raise ValueError(msg)
    return width, height


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
