"""HTML: depth, attributes, misnesting, charsets that lie, what would be fetched (groups 6, 85 to 90)."""

from __future__ import annotations

from collections.abc import Iterator

from hostile.cases import BINARY, BOTH, BROKEN, CANARY, FIRST, GOOD, LIMITS, OK, SECOND, Case

TEXT = f"<h1>某咖啡案例</h1><p>{FIRST}</p><p>{SECOND}</p>"
URL = f"http://127.0.0.1:9/{CANARY}"


def page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>题目</title>{head}</head><body>{body}</body></html>".encode()


def bounded() -> Iterator[Case]:
    for count in (100, 1_000, 100_000):
        for tag in ("div", "b", "table", "ul", "span", "blockquote", "font"):
            ends = OK if count == 100 else OK | LIMITS
            yield Case(
                85,
                f"{tag}-{count}-deep.html",
                page(f"{f'<{tag}>' * count}{TEXT}{f'</{tag}>' * count}"),
                ends,
                has=BOTH,
            )
        yield Case(85, f"div-{count}-open.html", page(TEXT + "<div>" * count), OK | LIMITS, has=BOTH)
        names = " ".join(f"a{n}=1" for n in range(count))
        yield Case(86, f"attributes-{count}.html", page(f"<p {names}>x</p>{TEXT}"), OK | LIMITS, has=BOTH)
    yield Case(
        86, "attribute-long.html", page(f"<p title='{'x' * 500_000}'>x</p>{TEXT}"), OK | LIMITS, has=BOTH
    )
    yield Case(86, "name-long.html", page(f"<{'x' * 200_000}>{TEXT}"), OK | LIMITS | BROKEN, has=BOTH)
    yield Case(86, "attribute-open.html", page(f'{TEXT}<p title="{"x " * 50_000}'), OK | LIMITS, has=BOTH)
    yield Case(87, "bold-italic-20000.html", page(f"{TEXT}{'<b><i>' * 20_000}"), OK | LIMITS, has=BOTH)
    yield Case(87, "crossed-20000.html", page(f"{TEXT}{'<b><i></b></i>' * 20_000}"), OK | LIMITS, has=BOTH)
    yield Case(87, "formatting-20000.html", page(f"{TEXT}{'<p><b><font>x' * 20_000}"), OK | LIMITS, has=BOTH)
    yield Case(87, "closing-50000.html", page(f"{TEXT}{'</div></b></p>' * 50_000}"), OK | LIMITS, has=BOTH)
    yield Case(87, "links-50000.html", page(f"{TEXT}{'<a href=x>' * 50_000}"), OK | LIMITS, has=BOTH)
    yield Case(
        87, "rows-10000.html", page(f"{TEXT}<table>{'<tr><td>格' * 10_000}</table>"), OK | LIMITS, has=BOTH
    )
    yield Case(
        87, "forms-10000.html", page(f"{TEXT}{'<form><select><option>' * 10_000}"), OK | LIMITS, has=BOTH
    )
    yield Case(87, "angles-100000.html", page(f"{TEXT}{'<' * 100_000}"), OK | LIMITS, has=BOTH)
    yield Case(87, "comments-open-50000.html", page(f"{TEXT}{'<!-- ' * 50_000}"), OK | LIMITS, has=BOTH)
    yield Case(
        87,
        "declarations-50000.html",
        page(f"{TEXT}{'<!x ' * 50_000}{'<?x ' * 50_000}"),
        OK | LIMITS,
        has=BOTH,
    )
    yield Case(87, "cut.html", page(TEXT)[:-40], OK, has=(FIRST,))
    yield Case(87, "no-frame.html", TEXT.encode(), OK, has=BOTH)


def charsets() -> Iterator[Case]:
    long = TEXT * 2
    for real in ("utf-8", "gb18030", "utf-16"):
        for said in (
            "utf-8",
            "gb2312",
            "big5",
            "iso-8859-1",
            "shift_jis",
            "utf-7",
            "utf-16",
            "x-user-defined",
            "windows-1252",
            "nonsense",
        ):
            meta = f"<meta charset={said}>"
            yield Case(88, f"{real}-says-{said}.html", page(long, meta).decode().encode(real), OK, has=BOTH)
    for real in ("utf-8", "gb18030"):
        yield Case(88, f"{real}-says-nothing.html", page(long).decode().encode(real), OK, has=BOTH)
        yield Case(
            88,
            f"{real}-says-two.html",
            page(long, "<meta charset=big5><meta charset=koi8-r>").decode().encode(real),
            OK,
            has=BOTH,
        )
    traditional = "<p>公司透過直營門市與網路商城向年輕消費者銷售咖啡，並由三家供應商長期供貨。</p>" * 3
    yield Case(
        88,
        "big5.html",
        page(traditional, "<meta charset=big5>").decode().replace("题", "題").encode("big5"),
        OK,
        has=("直營門市與網路商城",),
    )
    xml = f"<?xml version='1.0' encoding='gb2312'?><html xmlns='http://www.w3.org/1999/xhtml'><body>{long}</body></html>"
    yield Case(88, "xml.xhtml", xml.encode("gb2312"), OK, has=BOTH)
    seven = page("+ADw-script+AD4-alert(1)+ADw-/script+AD4-" + TEXT, "<meta charset=utf-7>")
    yield Case(88, "utf-7-script.html", seven, OK, has=BOTH, lacks=("<script",))
    yield Case(88, "bad-byte.html", page(long).replace("咖".encode(), b"\xff", 1), OK, has=(SECOND,))
    yield Case(88, "nul.html", page(long).replace(b"<p>", b"<\0p>\0"), OK, has=BOTH, lacks=("\0",))


def fetched() -> Iterator[Case]:
    """Nothing of another place, and no program, is text."""
    made = {
        "iframe": f"<iframe src={URL}></iframe><iframe src=file:///etc/passwd></iframe>",
        "object": f"<object data={URL}></object><embed src=file:///etc/passwd>",
        "picture": f"<img src={URL}><img src='//127.0.0.1:9/x'><picture><source srcset={URL}></picture>",
        "import": f"<link rel=import href={URL}><link rel=stylesheet href={URL}><style>@import '{URL}'; {CANARY}</style>",
        "base": f"<base href={URL}><a href=x>页</a>",
        "refresh": f"<meta http-equiv=refresh content='0;url={URL}'>",
        "script": f"<script>var {CANARY.replace('-', '_')}='{CANARY}'</script><script src={URL}></script>",
        "noscript": f"<noscript>{CANARY}</noscript><template>{CANARY}</template>",
        "events": f"<body onload=\"{CANARY}\"><p onclick='{CANARY}'>x</p>",
        "svg": f"<svg><script>{CANARY}</script><image href={URL} /></svg>",
        "math": f"<math><mtext></mtext><script>{CANARY}</script></math>",
        "include": "<!--#include virtual=\"/etc/passwd\" --><?php system('id'); ?><% eval %>",
    }
    for name, body in made.items():
        yield Case(89, f"{name}.html", page(body + TEXT), OK, has=BOTH, lacks=(CANARY, "root:x:0:0"))
    entity = f"<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><html><body>&x;{TEXT}</body></html>"
    yield Case(90, "entity.html", entity.encode(), OK | LIMITS | BROKEN, has=BOTH, lacks=("root:x:0:0",))
    laughs = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 11))
    xhtml = f"<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a0 'ha'>{laughs}]><html xmlns='http://www.w3.org/1999/xhtml'><body>&a10;{TEXT}</body></html>"
    yield Case(90, "laughs.xhtml", xhtml.encode(), OK | LIMITS | BROKEN | frozenset({"XML_DTD"}), has=BOTH)
    odd = "&#0;&#x110000;&#55357;&#xD800;&#99999999999999999999;&amp;lt;&nosuch;&&;&#;&#x;" * 20
    yield Case(90, "references.html", page(TEXT + f"<p>{odd}</p>"), OK, has=BOTH)
    named = "".join(f"&#{ord(c)};" for c in FIRST)
    yield Case(90, "numbers.html", page(f"<p>{named}</p><p>{SECOND}</p>"), OK, has=BOTH)
    yield Case(90, "many.html", page(TEXT + "&lt;" * 100_000), OK, has=BOTH)
    yield Case(90, "escaped.html", page(TEXT + "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"), OK, has=BOTH)
    yield Case(90, "cdata.html", page(f"<![CDATA[{CANARY}]]>{TEXT}"), OK, has=BOTH)
    noise = bytes((n * 7919 + n * n % 251) % 256 for n in range(15_000))
    yield Case(90, "noise.html", noise, BINARY)
    yield Case(90, "noise-with-tags.html", b"<html><body>" + noise, BINARY)


def cases() -> Iterator[Case]:
    yield Case(6, "good.html", page(TEXT), OK, has=BOTH)
    yield Case(6, "good-gbk.html", page(TEXT, "<meta charset=gbk>").decode().encode("gbk"), OK, has=BOTH)
    yield Case(6, "plain.html", GOOD.encode(), OK, has=BOTH)
    yield from bounded()
    yield from charsets()
    yield from fetched()
