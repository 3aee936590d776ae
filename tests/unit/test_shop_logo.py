"""The logo of a shop: a drawing that only draws, or a picture, small and of a sensible shape."""

import io
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from PIL import Image

from plantly.domain.errors import InvalidInput
from plantly.domain.shop import Logo
from plantly.services.logo import LARGEST, LogoShelf

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
LEAF = HEAD + 'viewBox="0 0 96 24"><path d="M0 0h96v24z" fill="#1F6F43"/>{}</svg>'


def take(folder: Path, content: str | bytes, name: str = "logo.svg") -> Logo:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return LogoShelf(folder, folder / "media").take(name)


def picture(size: tuple[int, int], kind: str) -> bytes:
    into = io.BytesIO()
    Image.new("RGBA", size, "#1F6F43").save(into, kind)
    return into.getvalue()


def test_a_drawing_is_kept_without_what_its_editor_left_in_it(tmp_path: Path) -> None:
    left = (
        '<metadata><x/></metadata><e:view xmlns:e="urn:editor" e:zoom="2"/>'
        '<g xmlns:e="urn:editor" e:label="Leaf"><use xlink:href="#a"/></g><!-- Layer 1 -->'
    )
    logo = take(tmp_path, LEAF.format(left))
    kept = (tmp_path / "media" / logo.file).read_text()
    assert (logo.width, logo.height) == (96, 24)
    assert logo.inline.startswith("data:image/svg+xml;base64,")
    assert "editor" not in kept
    assert "Layer" not in kept
    assert 'href="#a"' in kept
    assert take(tmp_path, LEAF.format(left)) == logo


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_is_kept_as_it_is(tmp_path: Path, kind: str) -> None:
    content = picture((64, 32), kind)
    logo = take(tmp_path, content, f"logo.{kind.lower()}")
    assert (tmp_path / "media" / logo.file).read_bytes() == content
    assert (logo.width, logo.height) == (64, 32)


def test_a_large_logo_does_not_travel_inside_of_the_widgets(tmp_path: Path) -> None:
    assert take(tmp_path, LEAF.format(f"<desc>{'leaf ' * 2000}</desc>")).inline == ""


def test_a_drawing_without_a_view_box_gets_one(tmp_path: Path) -> None:
    logo = take(tmp_path, HEAD + 'width="48px" height="24"><path d="M0 0"/></svg>')
    assert 'viewBox="0 0 48 24"' in (tmp_path / "media" / logo.file).read_text()


def test_a_drawing_in_units_of_its_own_keeps_its_shape(tmp_path: Path) -> None:
    logo = take(tmp_path, HEAD + 'viewBox="0 0 1 0.25"><path d="M0 0"/></svg>')
    assert (logo.width, logo.height) == (64, 16)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [logo.file]


@pytest.mark.parametrize("value", ["url(#a)", "url('#a')", 'url( "#a" )'])
def test_a_drawing_may_name_its_own_colors_in_quotes(tmp_path: Path, value: str) -> None:
    assert take(tmp_path, LEAF.format(f"<g fill={quoteattr(value)}/>")).width == 96


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gif", b"GIF89a", "has to be an SVG, a PNG or a WebP file"),
        ("svg", b" " * (LARGEST + 1), "larger than 200 KB"),
        ("svg", "<svg", "is no SVG that can be read"),
        ("svg", "<svg/>", "in the namespace of SVG"),
        ("svg", '<!DOCTYPE svg [<!ENTITY a "b">]>' + LEAF.format(""), "document type"),
        ("svg", LEAF.format("<g/>" * 2001), "more than 2000 elements"),
        ("svg", LEAF.format("<script>alert(1)</script>"), "has the element script"),
        ("svg", LEAF.format("<foreignObject/>"), "has the element foreignObject"),
        ("svg", LEAF.format('<a href="#x"/>'), "has the element a"),
        ("svg", LEAF.format('<g onload="alert(1)"/>'), "script in onload"),
        ("svg", LEAF.format('<use href="https://x.example/a.svg#b"/>'), "outside of it"),
        ("svg", LEAF.format('<use xlink:href="data:image/png,"/>'), "outside of it"),
        ("svg", LEAF.format('<g style="fill:url(//x.example)"/>'), "loads something in style"),
        ("svg", LEAF.format('<g fill="u\\72l(x)"/>'), "loads something in fill"),
        ("svg", LEAF.format("<style>@import 'x';</style>"), "style that loads"),
        ("svg", LEAF.format("<style>g{}<desc/>@import 'x';</style>"), "style that loads"),
        ("svg", LEAF.format("<style>g{cursor:src('//x.example')}</style>"), "style that loads"),
        ("svg", LEAF.format("<g style=\"mask:image-set('//x.example')\"/>"), "loads something in"),
        ("svg", LEAF.format("<g fill=\"url('//x.example#a')\"/>"), "loads something in fill"),
        ("svg", LEAF.format("<g>" * 101 + "</g>" * 101), "100 elements inside of each other"),
        ("svg", ("<!DOCTYPE svg>" + LEAF.format("")).encode("utf-16"), "document type"),
        ("svg", HEAD + "><path/></svg>", "how large it is"),
        ("svg", HEAD + 'viewBox="0 0 0 24"/>', "how large it is"),
        ("svg", HEAD + 'viewBox="0 0 1300 100"/>', "12 times as long"),
        ("png", b"no picture", "is no PNG that can be read"),
        ("webp", picture((8, 8), "PNG"), "is no WEBP that can be read"),
        ("png", picture((4097, 4096), "PNG"), "4096 a side at most"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_a_logo_that_cannot_be_shown_is_refused(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        take(tmp_path, content, f"logo.{name}")
    assert not (tmp_path / "media").exists()


@pytest.mark.parametrize("name", ["nowhere.svg", "a\x00.svg"], ids=["missing", "impossible"])
def test_a_logo_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="put it beside the shop file"):
        LogoShelf(tmp_path, tmp_path).take(name)
