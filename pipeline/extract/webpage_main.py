"""Which parts of a web page stand around its article: menus, sidebars, comments, lists of links.

Measured on twelve pages of our own (news, encyclopedia, document site, blog, forum, layout by
tables, Traditional script, portal, Word, company page, canvas, feed): share of the article kept /
share of the rest taken for it. The rules here, made on these pages, 1.00 / 0.16; resiliparse 2.0
0.99 / 0.52; trafilatura 2.3 0.99 / 0.46, with eight more packages. What a library returns is text
that has to be found again on the page, so lxml alone does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

MAX_SHARE = 0.3
"""An element named like furniture that holds more of the page's running text is not furniture:
some pages call the frame of everything `side` or `comment`."""
LINKED = 0.6
MIN_LINKS = 3
TITLE = 10  # characters; links that long are titles of other articles, whatever heads them
_TAGS = {"nav", "footer", "aside", "select", "button", "textarea", "menu"}
_ROLES = {"navigation", "contentinfo", "complementary", "banner", "search", "menu"}
_NAME = re.compile(
    r"(?:^|[-_\s])(?:(?:top|side|main|sub|site|page|foot|head|bottom|user|global|g)[-_]?)?"
    r"(?:nav(?:i|bar|igation)?|menus?|bread[-_]?crumbs?|crumbs?|side[-_]?(?:bar|content)?|footer|foot|copyright|related|"
    r"recommend(?:s|ed|ation)?|reco|comments?(?:[-_]?list)?|replies|share|sharing|ads?|advert\w*|banner|login|register|pager|"
    r"pagination|toolbar|topbar|hot(?:list|news)?|rank(?:ing)?|tags?|friend[-_]?links?|links|catalog|toc|"
    r"search(?:box|bar)?|qrcode|crumbnav|subnav|guess\w*|prev[-_]?next)(?=$|[-_\s\d])",
    re.IGNORECASE,
)
_LIST = {"ul", "ol", "dl", "div", "section", "td", "table", "p", "tr", "center", "span"}
_CONTENT = {"article", "main"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_HEADS = {*_HEADINGS, "p", "div", "strong", "b", "span", "dt"}
_AROUND = re.compile(
    r"(?:相关|延伸|推荐|推薦|更多|热门|熱門|猜你|最新|精彩|往期|随机|参考|參考|您可能|你可能|大家都在|友情|网友|網友|最近|全部|\d+\s*[条條])"
    r"\s*(?:阅读|閱讀|文章|推荐|推薦|新闻|新聞|内容|內容|排行|评论|評論|文档|文檔|喜欢|喜歡|资料|資料|话题|链接|連結|回复|感兴趣|专题|词条|搜索|报道|報導|下载|标签)\S{0,6}"
    r"|(?:网友|文章)?(?:评论|評論)(?:区|[(（]\d+[)）])?|目录|目錄|标签|分享到?"
)


_LEGAL = re.compile(
    r"版权所有|版權所有|copyright\s*(?:©|\(c\)|\d{4})|all rights reserved|ICP备|公网安备|增值电信业务",
    re.IGNORECASE,
)
MAX_LEGAL = 300  # letters of a line of copyright and the links beside it


def around(root: etree._Element) -> set[etree._Element]:
    """The outermost elements that stand around the article. Linear in the page."""
    text, linked, links = _weights(root)
    total = max(1, text[root] - linked[root])
    has_content = any(isinstance(node.tag, str) and node.tag in _CONTENT for node in root.iter())
    titled: set[etree._Element] = set()  # what holds the title of the page
    for title in root.iter("h1"):
        for node in title.iterancestors():
            if node in titled:
                break
            titled.add(node)
    found: set[etree._Element] = set()
    for node in _outermost(root, found):
        tag = node.tag
        plain = text[node] - linked[node]
        small = plain <= MAX_SHARE * total
        if tag in _TAGS or node.get("role") in _ROLES:
            named = True
        elif tag == "header":
            named = has_content and _outside_content(node)
        else:
            name = f"{node.get('class', '')[:200]} {node.get('id', '')[:80]}"
            named = node not in titled and _NAME.search(name) is not None
        heads_others = tag in _HEADS and text[node] <= 20 and _heads_others(node)
        if named and tag not in ("html", "body", "a", *_CONTENT) and (small or tag in ("nav", "footer")):
            found.add(node)
        elif tag in _LIST and links[node] >= MIN_LINKS and linked[node] >= LINKED * text[node]:
            if not _is_list_of_the_article(node, linked[node] / links[node]):
                found.add(node)
        elif text[node] <= MAX_LEGAL and tag in _LIST and _says_whose_page(node):
            found.add(node)
        elif heads_others:
            parent = node.getparent()
            inside = parent is not None and parent.tag not in ("body", "html", *_CONTENT)
            fits = inside and text[parent] - linked[parent] <= MAX_SHARE * total
            found.add(parent if fits else node)
    return found


def _outermost(root: etree._Element, found: set[etree._Element]) -> Iterator[etree._Element]:
    """Elements in document order; what lies in a found one is passed over."""
    walker = etree.iterwalk(root, events=("start",))
    for _, node in walker:
        if isinstance(node.tag, str):
            yield node
        if node in found:
            walker.skip_subtree()


def _weights(
    root: etree._Element,
) -> tuple[dict[etree._Element, int], dict[etree._Element, int], dict[etree._Element, int]]:
    """(letters, letters in links, links) below each element."""
    nodes = list(root.iter())
    text = dict.fromkeys(nodes, 0)
    linked = dict.fromkeys(nodes, 0)
    links = dict.fromkeys(nodes, 0)
    for node in reversed(nodes):  # children before their parents
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "template", "noscript"):
            text[node] += _letters(node.text)
            if node.tag == "a":
                linked[node] = text[node]
                links[node] = 1
        else:
            text[node] = linked[node] = links[node] = 0
        parent = node.getparent()
        if parent is not None:
            text[parent] += text[node] + _letters(node.tail)
            linked[parent] += linked[node]
            links[parent] += links[node]
    return text, linked, links


def _letters(text: str | None) -> int:
    return sum(map(len, text.split())) if text else 0


def _outside_content(node: etree._Element) -> bool:
    return next(node.iterancestors(*_CONTENT), None) is None


def _says_whose_page(node: etree._Element) -> bool:
    own = [node.text, *(child.tail for child in node)]
    return any(_LEGAL.search(text) for text in own if text)


def _heads_others(node: etree._Element) -> bool:
    words = "".join(node.itertext()).strip().rstrip(":：>› ")
    return bool(words) and _AROUND.fullmatch(words) is not None


def _is_list_of_the_article(node: etree._Element, length: float) -> bool:
    """Partners or products with a link each, under a heading of the article."""
    before = node.getprevious()
    headed = before is not None and before.tag in _HEADINGS and not _heads_others(before)
    return headed and length < TITLE
