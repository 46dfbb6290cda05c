"""Which company a document is about.

Known names (`resources/companies.csv`, and a file of the user's own) are counted in title, file
name and text; a name in the title weighs most, because a case also names competitors. Where no
known name stands, the legal name the text repeats (…有限公司, …银行) is taken.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from pipeline import store
from pipeline.matching import matching_copy
from pipeline.records import Document

IN_TITLE, IN_PATH = 12, 8
MIN_MENTIONS = 3
CHARS_PER_MENTION = 400  # a company named more rarely is a partner or competitor, not the subject
_LEGAL = re.compile(r"([\u3400-\u9fff]{2,14}?)(?:股份有限公司|有限责任公司|有限公司|集团|银行|公司)")
_TITLE = re.compile(
    r"^[《“\"(（【]*(?:关于|浅析|浅谈|试论|解读|从)?([\u3400-\u9fffA-Za-z]{2,8}?)(?:公司|集团)?(?:的)?(?:商业模式|商業模式|案例|战略|盈利模式|营销|经营模式)"
)
UNITS = (
    "金融", "支付", "物流", "证券", "银行", "保险", "基金", "信托", "影业", "影视", "健康", "云", "数科", "有品", "之家", "到家",
    "生鲜", "超市", "外卖", "出行", "文学", "音乐", "游戏",
)  # fmt: skip
"""What a group's name stands before in the name of a company of its own: 小米金融 is not 小米."""
_RUNS_ON = re.compile("方(?:面|式|案(?!例)|便|向|法|针|才)")
"""Where the last character of a name is the first of the next word: 京东方面 names 京东, not 京东方."""
_PLACE = re.compile(
    r"^(?:中国|北京|上海|天津|重庆|广东|广州|深圳|浙江|杭州|江苏|南京|苏州|山东|青岛|四川|成都|湖北|武汉|福建|厦门|台湾|香港)(?:省|市)?(?=[\u3400-\u9fff]{2})"
)
_GENERIC = re.compile(
    r"^(?:本|该|我|贵|其|子|母|分|总|各|某|甲|乙|丙|丁|上市|有限|股份|控股|参股|合资|外资|国有|民营|上述|下属|全资|这家|一家|两家|多家|商业|互联网|科技|手机|发行人|传统|跨国|大|小|中小|优质|物流|保险|证券|基金|投资|咨询|软件|电商|个人|接口|直销|网上|社区|中央|人民|开放|合作|代理|初创|同业|存管|托管)"
)
_INSIDE = re.compile(
    r"(?:是|为|的|和|与|及|在|于|由|对|向|将|有|等|了|被|把|让|使|年|月|成立|收购|投资|创立|创办)"
)


@dataclass(frozen=True, slots=True)
class Names:
    """Spelling (matching copy) -> canonical name, and the automaton that finds spellings."""

    canonical: dict[str, str]
    spellings: tuple[str, ...]
    automaton: ahocorasick_rs.AhoCorasick


class NamesError(ValueError):
    """The user's names file is wrong; the text names file, line and remedy."""


def parse_names(text: str, where: str = "companies.csv") -> dict[str, str]:
    """Spelling -> canonical name from CSV text with columns name, aliases (`;` between)."""
    rows = csv.DictReader(text.splitlines())
    if rows.fieldnames is None or list(rows.fieldnames)[:2] != ["name", "aliases"]:
        raise NamesError(f"{where}:1: 列应为 columns must be name,aliases, not {rows.fieldnames}")
    canonical: dict[str, str] = {}
    for line, row in enumerate(rows, start=2):
        name = (row["name"] or "").strip()
        if not name:
            raise NamesError(f"{where}:{line}: name 不能为空 must not be empty")
        for spelling in [name, *(row["aliases"] or "").split(";")]:
            if len(spelling.strip()) >= 2:
                canonical.setdefault(matching_copy(spelling.strip()).text, name)
    return canonical


def names(user: str = "") -> Names:
    """The shipped names with the user's own (CSV text) before them."""
    canonical = parse_names(user, "company-names.csv") if user else {}
    for spelling, name in parse_names(store.resource_text("companies.csv")).items():
        canonical.setdefault(spelling, name)
    spellings = tuple(canonical)
    longest = ahocorasick_rs.MatchKind.LeftmostLongest
    return Names(canonical, spellings, ahocorasick_rs.AhoCorasick(spellings, matchkind=longest))


def company_of(document: Document, known: Names) -> str:
    """The name of the company, empty where the text is not about one."""
    title = matching_copy(document.title).text
    votes: Counter[str] = Counter()
    body = _mentions(matching_copy(document.text).text, known)
    for name, count in body.items():
        votes[name] += count
    path = matching_copy((document.member or document.path).rsplit("/", 1)[-1]).text
    for text, weight in ((title, IN_TITLE), (path, IN_PATH)):
        for name in _mentions(text, known):
            votes[name] += weight
    if votes:
        (best, count), *rest = votes.most_common()
        runner_up = rest[0][1] if rest else 0
        if count >= max(MIN_MENTIONS, len(document.text) / CHARS_PER_MENTION) and count > runner_up:
            return _own_unit(document, best, known) or best
    return _legal_name(document) or _titled(document)


@cache
def _shipped() -> Names:
    return names()


def mentions_known(copy: str) -> bool:
    """Whether a matching copy names a company of the shipped list."""
    return bool(_mentions(copy, _shipped()))


def _mentions(copy: str, known: Names) -> Counter[str]:
    found: Counter[str] = Counter()
    for index, start, end in known.automaton.find_matches_as_indexes(copy):
        word = known.spellings[index]
        if word.isascii() and (
            (copy[start - 1 : start].isalnum() and start) or copy[end : end + 1].isalnum()
        ):
            continue  # `ibm` inside another word
        if _RUNS_ON.match(copy, end - 1):
            word = word[:-1]  # the shorter name where it is one
        if word in known.canonical:
            found[known.canonical[word]] += 1
    return found


def _own_unit(document: Document, name: str, known: Names) -> str:
    """The longer name in the title, where the document is about a unit of the company: its name is one
    of UNITS behind a spelling of the company's, and the text uses it at least half of the time."""
    title, text = matching_copy(document.title).text, matching_copy(document.text).text
    for spelling in spellings_of(name, known):
        for unit in UNITS:
            longer = spelling + unit
            if longer in title and longer not in known.canonical:
                count = text.count(longer)
                if count >= MIN_MENTIONS and 2 * count >= text.count(spelling):
                    return longer
    return ""


def _legal_name(document: Document) -> str:
    """The legal name that the beginning of the text repeats; with 公司 alone behind it (同时公司…
    is no name) it must stand in the title or the file name too."""
    counts: Counter[str] = Counter()
    labels = document.title + document.path
    for match in _LEGAL.finditer(document.text[:6000]):
        stem = _PLACE.sub("", re.split(_INSIDE, match.group(1))[-1])
        if len(stem) < 2 or _GENERIC.match(stem):
            continue
        suffix = match.group()[len(match.group(1)) :]
        name = stem + "银行" if suffix == "银行" else stem
        if suffix != "公司" or name in labels:
            counts[name] += 2 if "有限" in suffix else 1
    if counts:
        name, count = counts.most_common(1)[0]
        if count >= MIN_MENTIONS:
            return name
    return ""


def _titled(document: Document) -> str:
    """The name that a title such as …公司商业模式分析 begins with, where the text repeats it."""
    match = _TITLE.match(document.title)
    if match and not _GENERIC.match(match.group(1)) and document.text.count(match.group(1)) >= MIN_MENTIONS:
        return match.group(1)
    return ""


def spellings_of(company: str, known: Names) -> Sequence[str]:
    """Every spelling of a company, longest first, for leaving the subject out of a note."""
    own = [s for s, name in known.canonical.items() if name == company] or [company.lower()]
    return sorted({*own, company.lower()}, key=lambda s: (-len(s), s)) if company else []
