"""The site as people use it, in headless Chromium: opened from disk, by mouse, keyboard, phone and printer."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from conftest import ROOT, SAMPLES
from test_external import need
from test_site import ATTRIBUTE, HOSTILE, document, make, write

sys.path.insert(0, str(ROOT / "benchmarks"))

pytestmark = pytest.mark.external
AXE = "axe-core@4.10.3"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LONG = "很长的一行没有标点" * 560
ODD = f"繁體中文的資料庫🚀👩‍👩‍👧 \u202e反了\u202c {ATTRIBUTE}"


@pytest.fixture(scope="session")
def browser():
    program = need("chromium", "chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="make .venv/.notebooks installs it")
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """Open a file of a site; the test fails if a page complains, runs what it should not, or asks for
    anything that is not of the site."""
    wrong: list[str] = []
    contexts = []

    def call(path: Path, width: int = 1440, height: int = 900, **more):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **more))
        page = contexts[-1].new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url))
        page.goto(path.as_uri())
        return page

    yield call
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture(scope="session")
def samples(tmp_path_factory) -> Path:
    """The site of the sample documents."""
    from pipeline.cli import main

    out = tmp_path_factory.mktemp("samples") / "out"
    assert main(["build", str(SAMPLES), str(out), "--tagger", "linear"]) == 0
    return out / "site"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory) -> Path:
    """A site of titles, notes and passages that try to break it."""
    out = tmp_path_factory.mktemp("hostile")
    titles = [HOSTILE, ATTRIBUTE, LONG, ODD, "", "空的画布"]
    documents = [document(f"h{i}", t, t[:200] if i < 4 else "") for i, t in enumerate(titles)]
    notes = [
        (f"h{i}", code, text[:4000], f"前文 {text} 后文", 2.0 - n)
        for i in range(4)
        for code in ("KP", "KA", "KR", "VP", "CR", "CH", "CS", "CO", "RS")
        for n, text in enumerate((HOSTILE, ATTRIBUTE, LONG, ODD, "短", "</script>", "<!--"))
    ]
    write(make(documents, notes, [{"path": HOSTILE, "status": "quarantined", "reason": "CORRUPT"}]), out)
    return out / ".huabu" / "stage" / "site"


def canvas_of(site: Path, word: str) -> Path:
    """The page of the first document whose title has this word."""
    pages = sorted((site / "d").iterdir())
    return next(p for p in pages if re.search(f"<h1>.*{word}", p.read_text(encoding="utf-8")))


def test_a_note_opens_to_its_highlighted_quote(samples, open_page):
    page = open_page(canvas_of(samples, "小米商业模式画布"))
    link = page.locator(".cell.CH .note a").first
    words = link.locator("bdi").inner_text()
    link.click()
    proof = page.locator(".proof:target")
    assert proof.is_visible()
    assert proof.locator("blockquote mark.said").first.inner_text() in words
    assert proof.locator("blockquote mark.told").count()
    assert (
        proof.locator("mark.told").first.evaluate("e => getComputedStyle(e).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )
    assert "第 1 页" in proof.inner_text()
    weights = [float(t) for t in proof.locator(".weights tbody td.number").all_inner_texts()]
    assert abs(sum(weights) - float(proof.locator("tfoot td").inner_text())) < 0.1
    page.locator(".proof:target .go a").click()
    assert page.locator(".text p:target").is_visible()


def test_a_note_shows_its_page_with_the_quote_boxed(samples, open_page):
    paths = [p for p in (samples / "d").iterdir() if '<figure class="page">' in p.read_text(encoding="utf-8")]
    page = open_page(min(paths))
    link = page.locator("article:has(figure.page rect)").first.get_attribute("id")
    page.locator(f'a[href="#{link}"]').first.click()
    image = page.locator(f"#{link} figure.page img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    shown, box = image.bounding_box(), page.locator(f"#{link} figure.page rect").first.bounding_box()
    assert shown["x"] < box["x"] < box["x"] + box["width"] < shown["x"] + shown["width"] + 1
    assert shown["y"] < box["y"] < box["y"] + box["height"] < shown["y"] + shown["height"] + 1
    page.locator(f"#{link} figure.page a").click()
    assert page.url.endswith(".png")


def test_the_keyboard_reaches_everything(samples, open_page):
    page = open_page(canvas_of(samples, "小米商业模式画布"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _ in range(5):
        if page.evaluate("document.activeElement.closest('.note') !== null"):
            break
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    note = page.evaluate("document.activeElement.hash")
    page.keyboard.press("Enter")
    page.wait_for_selector(".proof:target")
    assert page.evaluate("'#' + document.activeElement.id") == note
    page.keyboard.press("Escape")
    assert page.locator(".proof:target").count() == 0
    assert page.evaluate("document.activeElement.hash") == note


def test_search_and_filters(samples, open_page):
    page = open_page(samples / "index.html")
    every = page.locator("#docs tbody tr:visible").count()
    page.fill("#q", "会员")
    page.wait_for_selector("#hit-list li")
    assert set(page.locator("#hit-list mark").all_inner_texts()) == {"会员"}
    assert 0 < page.locator("#docs tbody tr:visible").count() < every
    page.select_option("#block", "RS")
    assert (
        page.locator("#hit-list .chip.RS").count()
        == page.locator("#hit-list li").count() - page.locator("#hit-list li", has_text="标题 ·").count()
    )
    page.select_option("#block", "")
    page.fill("#q", "")
    page.select_option("#company", "小米")
    assert set(page.locator("#docs tbody tr:visible td:nth-child(2)").all_inner_texts()) == {"小米"}
    page.select_option("#kind", "pdf")
    assert set(page.locator("#docs tbody tr:visible td:nth-child(5)").all_inner_texts()) == {"pdf"}
    page.select_option("#company", "")
    page.select_option("#kind", "")
    for word, written in (("研究笔记", "研究筆記"), ("门市", "門市"), ("門店", "门店")):  # in either script
        page.fill("#q", word)
        page.wait_for_selector(f"#hit-list mark:has-text('{written}')")
        assert set(page.locator("#hit-list mark").all_inner_texts()) <= {word, written}
    page.fill("#q", "不会有这几个字")
    page.wait_for_selector("#said:has-text('0 处')")
    assert page.locator("#docs tbody tr:visible").count() == 0
    page.fill("#q", "门店")
    page.wait_for_selector("#hit-list li")
    page.locator("#hit-list a").last.click()
    page.wait_for_selector(".text p:target, .proof:target")


@pytest.mark.parametrize("kind", ["document", "company", "hostile"])
def test_a_canvas_prints_on_one_sheet_of_a3(samples, hostile, open_page, kind):
    path = {
        "document": lambda: canvas_of(samples, "顺丰"),
        "company": lambda: max((samples / "c").iterdir(), key=lambda p: p.stat().st_size),
        "hostile": lambda: hostile / "d" / "h2.html",
    }[kind]()
    page = open_page(path)
    pdf = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    assert len(pdf) == 1
    assert [round(x / 72 * 25.4) for x in pdf[0].get_size()] == [420, 297]
    text = pdf[0].get_textpage().get_text_range()
    for name in ("重要伙伴", "核心资源", "客户细分", "成本结构", "收入来源"):
        assert name in text


def test_nothing_scrolls_sideways_on_a_phone(samples, hostile, open_page):
    for site in (samples, hostile):
        for path in sorted(site.rglob("*.html")):
            page = open_page(path, 390, 844)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
            page.close()


def test_hostile_text_stays_text(hostile, open_page):
    page = open_page(hostile / "index.html")
    page.fill("#q", "<script>")
    page.wait_for_selector("#hit-list li")
    assert page.locator("#hit-list script, #hit-list img").count() == 0
    for path in sorted(hostile.rglob("*.html")):
        page = open_page(path)
        boxes = page.evaluate(
            "() => [...document.querySelectorAll('.cell')].map(e => e.getBoundingClientRect())"
            ".map(r => [r.left, r.top, r.right, r.bottom])"
        )
        for i, a in enumerate(boxes):
            for b in boxes[:i]:  # no cell lies over another
                assert min(a[2], b[2]) - max(a[0], b[0]) < 1 or min(a[3], b[3]) - max(a[1], b[1]) < 1
        over = page.evaluate(
            "() => [...document.querySelectorAll('.cell .note')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
        )
        assert not over
        page.close()


def test_no_serious_fault_for_axe(samples, open_page, tmp_path):
    npm = need("npm", "npm")
    if os.environ.get("CI") != "true" and not os.environ.get("HUABU_AXE"):
        pytest.skip("CI=true fetches axe-core; HUABU_AXE=path of axe.min.js uses one that is here")
    axe = Path(os.environ.get("HUABU_AXE") or tmp_path / "node_modules" / "axe-core" / "axe.min.js")
    if not axe.is_file():
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(tmp_path), AXE]
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, timeout=300)
    document_page = canvas_of(samples, "小米商业模式画布")
    named = {p.name: p for p in sorted(samples.glob("*.html"))}
    timeline = next(iter(sorted((samples / "t").iterdir())))
    opened = Path(f"{document_page}#n-CH-1")
    faults = []
    for path in (*named.values(), document_page, opened, max((samples / "c").iterdir()), timeline):
        for scheme in ("light", "dark"):
            address, _, anchor = str(path).partition("#")
            page = open_page(Path(address), color_scheme=scheme)
            if anchor:
                page.click(f"a[href='#{anchor}']")
            page.evaluate(axe.read_text(encoding="utf-8"))
            found = page.evaluate("tags => axe.run({runOnly: tags, preload: false})", WCAG)
            faults += [
                (
                    path.name,
                    scheme,
                    fault["id"],
                    fault["nodes"][0]["target"],
                    fault["nodes"][0]["failureSummary"],
                )
                for fault in found["violations"]
                if fault["impact"] in ("serious", "critical")
            ]
            page.close()
    assert not faults


def test_a_thousand_documents(tmp_path, open_page):
    import site_of_a_thousand as bench

    site = bench.generate(tmp_path, 1000)
    page = open_page(site / "index.html")
    assert page.locator("#docs tbody tr").count() == 1000
    assert page.locator("#docs tbody tr:visible").count() == 100
    page.click("#docs >> xpath=../following-sibling::button")
    assert page.locator("#docs tbody tr:visible").count() == 200
    page.fill("#q", "门店")
    page.wait_for_selector("#said:text-matches('门店.*篇文档里[^正]*$')", timeout=120_000)
    assert page.locator("#hit-list li").count() == 100
