import pytest

from plantly.widgets.guard import (
    GZIP_LIMIT,
    GZIP_LIMIT_TOGETHER,
    WidgetBuildError,
    check_bundle,
    check_inline,
    check_script,
    check_weight,
)


@pytest.mark.parametrize(
    "snippet",
    [
        '<script>x = "https://cdn.example/x.js"</script>',
        '<img src="http://shop.example/a.png">',
        '<img src="//shop.example/a.png">',
        '<script src="x.js"></script>',
        '<link rel="stylesheet" href="x.css">',
        '<base href="/">',
        '<iframe title="x"></iframe>',
        '<form action="/x">',
        "<style>a{background:url(leaf.png)}</style>",
        '<style>@import "x.css"</style>',
        "<style>@font-face{font-family:x}</style>",
        "<script>a.innerHTML=b</script>",
        "<script>a.outerHTML=b</script>",
        '<script>a.insertAdjacentHTML("x",b)</script>',
        "<script>a.setHTMLUnsafe(b)</script>",
        "<script>document.write(a)</script>",
        "<script>new DOMParser()</script>",
        "<script>a.srcdoc=b</script>",
        "<script>eval(a)</script>",
        "<script>new Function(a)</script>",
        '<script>setTimeout("a()",1)</script>',
        '<a href="javascript:a()">x</a>',
        '<b onclick="a()">x</b>',
        "<script>fetch(a)</script>",
        "<script>new XMLHttpRequest()</script>",
        "<script>new WebSocket(a)</script>",
        "<script>navigator.sendBeacon(a)</script>",
        "<script>import(a)</script>",
        "<script>localStorage.a=1</script>",
        "<script>document.cookie</script>",
        "<script>confirm(a)</script>",
    ],
)
def test_what_a_widget_must_not_do_is_refused(snippet: str) -> None:
    with pytest.raises(WidgetBuildError, match="The bundle of leaf has"):
        check_bundle("leaf", snippet)


@pytest.mark.parametrize(
    "snippet",
    [
        '<script>document.createElementNS("http://www.w3.org/2000/svg","svg")</script>',
        "<script>new URL(a).protocol</script>",
        "<style>a{background:url(data:image/png;base64,AAAA)}</style>",
        "<script>a.addEventListener('click',b)</script>",
        "<script>setTimeout(a,1)</script>",
    ],
)
def test_what_a_widget_needs_is_accepted(snippet: str) -> None:
    assert check_bundle("leaf", snippet) > 0


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(WidgetBuildError, match=r"HTML made from text.*code made from text"):
        check_bundle("leaf", "<script>a.innerHTML=b;eval(c)</script>")


def test_a_heavy_bundle_is_refused_by_name() -> None:
    with pytest.raises(WidgetBuildError, match=rf"leaf has {GZIP_LIMIT + 1} .* at most\.$"):
        check_weight({"leaf": GZIP_LIMIT + 1, "stem": GZIP_LIMIT}, 4)


def test_bundles_that_are_light_alone_can_be_heavy_together() -> None:
    quarter = GZIP_LIMIT_TOGETHER // 4
    check_weight(dict.fromkeys(["leaf", "stem", "root", "bud"], quarter), 4)
    with pytest.raises(WidgetBuildError, match=rf"All bundles have {GZIP_LIMIT_TOGETHER + 1} "):
        check_weight({"leaf": quarter + 1, "stem": quarter, "root": quarter, "bud": quarter}, 4)


def test_a_language_more_may_weigh_something() -> None:
    check_weight({"leaf": GZIP_LIMIT + 2048}, 5)
    with pytest.raises(WidgetBuildError, match="bundle of leaf"):
        check_weight({"leaf": GZIP_LIMIT + 2049}, 5)


@pytest.mark.parametrize("text", ["a</script>", "a</SCRIPT", "<!-- a"])
def test_inlined_text_that_ends_its_element_is_refused(text: str) -> None:
    with pytest.raises(WidgetBuildError):
        check_inline("leaf", "script", text)


def test_other_inlined_text_is_accepted() -> None:
    check_inline("leaf", "script", "a < b && c > d")


@pytest.mark.parametrize(
    "source",
    [
        "x = `a ${b ? ` c` : ''} d`",
        'x = `a ${b ? "it\'s" : `c`} d`',
        "// it's a comment\nx = `a ${`b`}`",
    ],
)
def test_a_template_inside_a_template_is_refused(source: str) -> None:
    with pytest.raises(WidgetBuildError, match=r"leaf\.js has a template inside a template"):
        check_script("leaf.js", source)


@pytest.mark.parametrize(
    "source",
    [
        "x = `a ${b} c` + `d ${e}`",
        "x = `${a}`;\ny = { b: `c` }",
        "// a ` in a comment ${\nx = `a`",
        "x = '${`'; y = `b`",
    ],
)
def test_other_templates_are_accepted(source: str) -> None:
    check_script("leaf.js", source)
