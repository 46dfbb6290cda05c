"""Is this line a heading, how deep, and does it say more than a name?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.blocks import name_to_codes
from pipeline.matching import matching_copy

# (style, pattern, level): the usual order of Chinese numbering; a name alone is innermost.
_STYLES: tuple[tuple[str, re.Pattern[str], int], ...] = (
    ("chapter", re.compile(r"第[一二三四五六七八九十百\d]{1,4}[章节篇部讲]\s*"), 11),
    ("zh", re.compile(r"[一二三四五六七八九十]{1,3}[、.．]\s*"), 12),
    ("pzh", re.compile(r"[（(][一二三四五六七八九十]{1,3}[)）][、.]?\s*"), 13),
    ("dotted", re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}[、.．\s]?\s*(?![\d%％])"), 14),
    ("num", re.compile(r"\d{1,2}\s*(?:[、．)）]|\.(?!\d))\s*"), 14),
    ("pnum", re.compile(r"[（(]\d{1,2}[)）][、.]?\s*"), 15),
    ("circle", re.compile(r"[①-⑳]\s*"), 16),
    ("spaced", re.compile(r"\d{1,2}(?:\.\d{1,2})*\s+(?=[\u3400-\u9fff]{2}[^\d，,、。:：|\t]{0,14}$)"), 14),
    ("bracket", re.compile(r"【[^】]{1,20}】\s*$"), 17),
)
_MARKDOWN = re.compile(r"(#{1,6})\s+(?=\S)")
_BOLD = re.compile(r"\*\*([^*]{1,40})\*\*\s*[:：]?$")
_BULLET = re.compile(r"\s*(?:[-*+•·●■□◆◇▪►★>–—~]+|\d{1,2}[.、)）])\s*")
_STOP = re.compile(r"[。！？!?；;]")
_GENERIC = frozenset(
    """
    引言 前言 摘要 结论 总结 概述 简介 背景 目录 导言 导语 小结 正文 结语 启示 建议 案例介绍
    案例背景 公司简介 公司概况 企业简介 企业概况 品牌故事 发展历程 关于我们 项目背景 项目概述
    项目简介 市场分析 行业分析 行业概况 竞争分析 产品介绍 产品分析 优势 劣势 机会 威胁 优点 缺点
    问题 对策 财务分析 风险分析 团队介绍 核心团队 经营模式 主要经营模式 采购模式 生产模式 销售模式
    研发模式 盈利模式 服务模式 商业模式 营销策略 产品策略 价格策略 渠道策略 促销策略 商业分析 前景
    商业模式画布 商业画布 商业模式分析 swot分析 pest分析 五力分析 波特五力分析 营销 采购 生产 销售
    研发 定价 收入 结算模式 运营模式 管理模式 主营业务 主要产品 主要客户 主要供应商 产品与服务 产品
    服务 客户 用户 市场 品牌 团队 技术 财务 融资 合作 资源 概况 特点 特征 案例分析 背景介绍 企业文化
    经营范围 组织架构 募集资金 竞争优势 竞争劣势 行业地位
    """.split()  # noqa: SIM905 -- as a list the formatter makes it 108 lines
)
LEVEL_BLOCK = 13  # on slides the block's name stands over numbered items
LEVEL_BOLD = 17
LEVEL_NAME = 18
LEVEL_PLAIN = 19


def heading_level(text: str, before: str = "", after: str = "", *, whole: bool = True) -> int:
    """How deep a heading the line is (smaller is further out), 0 if it is none.

    `before` and `after` are the lines around it: a short line without punctuation is a heading
    only where running text or a list follows it. `whole` is false for a sentence cut out of a line,
    which needs a number or a name to be a heading.

    >>> heading_level("（二）销售模式"), heading_level("## 收入结构"), heading_level("公司拥有专利。")
    (13, 2, 0)
    """
    line = text.strip()
    if _LEADS_IN.search(line[-24:]):
        return 0
    if match := _MARKDOWN.match(line):
        return len(match.group(1)) if len(line) <= 90 else 0
    if _BOLD.match(line.lstrip("-*+ ") if line.startswith(("- **", "* **", "+ **")) else line):
        return LEVEL_BOLD
    if _STOP.search(line[:-1]) or line[-1:] in "。！!；;,，、":
        return 0
    for style, pattern, level in _STYLES:
        if match := pattern.match(line):
            rest = line[match.end() :]
            if style == "bracket":
                return level
            outer = style in ("chapter", "zh", "pzh")
            longest = 40 if outer else 30 if _runs_on(after) else 22
            if not rest or len(rest) > longest or (not outer and re.search(r"[，,]", rest)):
                return 0
            # An item with nothing under it (the next line is a slide number or the next block) is
            # an entry of the list above, not a heading.
            return 0 if not outer and is_bare(after) and not _is_name(rest.strip()) else level
    name = strip_heading(line)
    if _is_name(name):
        return LEVEL_BLOCK if _names_a_block(line) else LEVEL_NAME
    if not whole:
        return 0
    if line.endswith((":", "：")) and len(line) <= 20 and not re.search(r"[，,]", line):
        return LEVEL_PLAIN
    if line.startswith(("-", "*", "•", "·", ">", "|", "+", "□", "●", "■")):
        return 0
    if (
        len(line) > 15
        or re.search(r"[，,、:：？?\d%|\t]", line)
        or not re.search(r"[\u3400-\u9fff]{2}", line)
    ):
        return 0
    listed = _LISTED.match(after)
    if listed and before.lstrip()[:1] == listed.group(1):
        return LEVEL_BLOCK  # between two lists: it closes the block above, as a block's name does
    closed = not before or before.rstrip()[-1:] in "。！？!?；;” " or heading_like(before)
    runs_on = _runs_on(after) and after.lstrip()[:1] not in _CONTINUES and line[-1] not in _UNFINISHED
    return LEVEL_PLAIN if closed and (runs_on or listed) else 0


_LEADS_IN = re.compile(
    r"(?:其中|如下|以下|下列|下述|下表|下图|下面|分别[是为有]?|包括|例如|比如|譬如|如)[^：:。]{0,10}[：:]$|(?:如下|见下)[图表]?(?:所示)?$"
)
_LISTED = re.compile(r"\s*([•·●■□◆◇▪►])")
_UNFINISHED = "的了与和及或在是被把为对从将"
_CONTINUES = "的还也又并且而及等都就则却才被把让使"


def _runs_on(after: str) -> bool:
    """Whether a line is running text, as it stands under a heading."""
    if len(after) < 25:
        return len(after) >= 15 and after.rstrip()[-1:] in "。！？"
    return re.search(r"[。；;，,]", after) is not None


def is_sibling(line: str, other: str) -> bool:
    """Whether two neighbouring lines are items of one list (`1.硬件` over `2.软件`), not headings."""
    item, neighbour = _ITEM.match(line.strip()), _ITEM.match(other.strip())
    if not item or not neighbour:
        return False
    if item.group(1, 3) != neighbour.group(1, 3):
        return False
    return item.group(2) != neighbour.group(2) or item.group(2, 3) == ("1", ".")  # Markdown counts 1. 1. 1.


MAX_TITLE_LINES = 6  # a site's own lines may stand between the copies of a title
_ITEM = re.compile(r"([（(]?)(\d{1,2}|[①-⑳])\s*([、)）]|[.．](?!\d)|(?<=[①-⑳]))")
_GENRE = re.compile(
    r"(?:分析|研究|案例|报告|画布|计划书|说明书|模式|战略|策略|介绍|解读|探析|启示)(?:报告|案例|\S{0,4}组)?(?:\.\w{3,4})?$"
)


def titles_of(texts: Sequence[str], title: str) -> frozenset[int]:
    """Indices of the lines at the top of a document that are its title.

    The title is known where the document was split off under it; otherwise a doubled first line or
    a first line that ends like one (…案例分析) is taken.
    """
    known = title.strip()
    found = set()
    for index, text in enumerate(texts[:MAX_TITLE_LINES]):
        line = text.strip().strip("#* ")
        if index >= 3 and line != known:
            continue
        doubled = any(line == other.strip() for i, other in enumerate(texts[:3]) if i != index)
        short = len(line) <= 60 and not re.search(r"[。！？；;]", line)
        first = index == 0 and len(line) <= 40 and _GENRE.search(line) and not _numbered(line)
        if line and short and (line == known or doubled or first) and not _names_a_block(line):
            found.add(index)
    return frozenset(found)


def _names_a_block(line: str) -> bool:
    copy = matching_copy(strip_heading(line)).text
    return any(part.strip() in name_to_codes() for part in [copy, *re.split(r"[()（）]", copy[:60])] if part)


def _numbered(line: str) -> bool:
    return any(pattern.match(line) for _, pattern, _ in _STYLES)


def heading_like(line: str) -> bool:
    """Whether a neighbouring line looks like a heading itself (numbered or a known name)."""
    line = line.strip()
    return bool(
        _MARKDOWN.match(line) or _is_name(strip_heading(line)) or (len(line) <= 30 and _numbered(line))
    )


def strip_heading(text: str) -> str:
    """A heading without its number, marks and colon: what it says.

    >>> strip_heading("（二）销售模式："), strip_heading("### **3. 渠道通路**")
    ('销售模式', '渠道通路')
    """
    line = _MARKDOWN.sub("", text.strip(), count=1).replace("**", "").strip()
    for _ in range(2):
        for style, pattern, _level in _STYLES:
            if style != "bracket" and (match := pattern.match(line)) and match.end() < len(line):
                line = line[match.end() :]
                break
    line = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line
    # ` > ` separates the levels of a published heading path
    return line.strip().strip("【】[]:：*#-— ").strip().replace(" > ", " › ")


_MIXED = re.compile(
    r"[A-Za-z][\u0370-\u07ff]|[\u0370-\u07ff][A-Za-z]"
)  # scripts mixed in one word: broken fonts


def is_bare(text: str) -> bool:
    """Whether a line only names a section or a block, or holds no letter: it states nothing.

    >>> is_bare("3、渠道通路"), is_bare("线下门店下沉三四线"), is_bare("12"), is_bare("OPTION")
    (True, False, True, True)
    """
    name = strip_heading(text)
    # A lone word without a Han character (CONTENT, OPTION) is a scrap of a slide's design.
    word = not re.search(r"[\u3400-\u9fff]", name) and len(name.split()) <= 1
    scrap = word or not re.search(r"[^\W\d_]{2}", name) or _MIXED.search(name)
    return bool(scrap) or _is_name(name)


def _is_name(name: str) -> bool:
    """A block's name or a usual section name, also with its English or code in brackets."""
    if len(name) > 60:  # no name is; and the patterns below are not made for long lines
        return False
    copy = matching_copy(name).text.strip()
    plain = re.sub(r"\s*[(（][^)）]{1,40}[)）]$", "", copy).strip()
    plain = re.sub(
        r"^[a-z$&\s]{2,24}[\s:]+(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])[\s\-:/]*[a-z$&\s]{2,26}$", "", plain
    ).strip()
    inside = copy[copy.rfind("(") + 1 : -1].strip() if copy.endswith(")") else ""
    if inside and inside in name_to_codes():  # 我们做什么（关键业务）
        return True
    for candidate in {
        copy,
        plain,
        re.sub(r"^(我们的|公司的?|企业的?|主要)|(分析|介绍|情况|概述)$", "", plain),
    }:
        if candidate in _GENERIC or candidate in name_to_codes():
            return True
    return False
