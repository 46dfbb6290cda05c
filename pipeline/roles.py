"""Which passages state something about the company, and which are contents, theory or furniture.

Patterns are data (`resources/roles.toml`); what needs the neighbours is decided here and in
`contents`. Every role other than body, table and heading names the rule that gave it.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline import store
from pipeline.blocks import lead_name, name_to_codes, names_in
from pipeline.company import mentions_known
from pipeline.matching import matching_copy
from pipeline.records import TAGGABLE, Role

_TABLE_ROW = re.compile(r"^\|.*\|$|\t| \| ")
_TABLE_RULE = re.compile(r"^[|\s:+\-─│┌┐└┘├┤┬┴┼═]+$")
_SIGNS = re.compile(r"[\W_]+")
_MARKDOWN_START = re.compile(r"^[\s#>]+(?=[^\s#>])")
_FRONT_KEY = re.compile(r"^[A-Za-z_][\w-]{0,30}\s*:")
_NAME_LIST = re.compile(
    r"^(?:\d{0,14}\s*[\u4e00-\u9fff]{2,4}(?:\s*\d{6,14})?)(?:[\s、,，;；/]{1,3}\d{0,14}\s*[\u4e00-\u9fff]{2,4}(?:\s*\d{6,14})?){0,20}\s*$"
)
_NUMBERED_NAMES = re.compile(
    r"^\s*\d{1,14}\s*[\u4e00-\u9fff]{2,4}(?:[\s、,，;；]{1,3}\d{1,14}\s*[\u4e00-\u9fff]{2,4}){1,20}\s*$"
)
_ASKS_NAMES = re.compile(
    r"(?:组员|成员|作者|汇报人|团队成员|小组成员|名单|姓名|学生)\W{0,3}$|^\W{0,2}(?:作者|组员|成员)\W{0,2}\S{2,4}[;；]$"
)
_ENTRY = re.compile(r"^\s*(?:[\[［(（]?\d{1,3}[\]］)）.．、]|[①-⑳])")
_REFERENCES = re.compile(
    r"^\W{0,4}(?:参考文献|参考资料|参考书目|引用文献|相关文献|主要参考文献|references|bibliography|注释)\W{0,3}$",
    re.IGNORECASE,
)
_END_OF_REFERENCES = re.compile(r"^\W{0,4}(?:附录|致谢|后记|声明|appendix)")
_EXAMPLE = re.compile("为例|示例|举例|例如|案例")
_EXERCISE = re.compile(
    r"^[#>*\s]*(?:写作思路|写作要求|思考题|讨论题|练习题?|学习目标|教学目标|教学目的|注意事项|作业)"
)
MAX_FRONT = 40
MIN_REPEATED_CHARS = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """The role of a passage, and the rule that gave it where it is not an ordinary one."""

    role: Role
    rule: str = ""


@cache
def _patterns() -> tuple[tuple[str, Role, re.Pattern[str]], ...]:
    table = tomllib.loads(store.resource_text("roles.toml"))
    return tuple(
        (rule["name"], rule["role"], re.compile("|".join(f"(?:{p})" for p in rule["patterns"])))
        for rule in table["rule"]
    )


def pattern_verdict(text: str) -> Verdict | None:
    """The role that a pattern of `roles.toml` gives a passage on its own, if any.

    >>> pattern_verdict("### 写作思路"), pattern_verdict("公司卖咖啡。")
    (Verdict(role='definition', rule='instruction'), None)
    """
    copy = matching_copy(text).text.strip()
    if not _SIGNS.sub("", copy[:200]) and _SIGNS.fullmatch(copy):
        return Verdict("boilerplate", "markup_alone")
    plain = _MARKDOWN_START.sub("", copy, count=1)
    for name, role, pattern in _patterns():
        if pattern.search(copy) or (plain != copy and pattern.search(plain)):
            return Verdict(role, name)
    return None


def roles_of(
    texts: Sequence[str],
    levels: Sequence[int],
    *,
    tables: Sequence[bool],
    furniture: Sequence[str],
    contents: Mapping[int, str],
    once: bool = False,
) -> list[Verdict]:
    """The role of each passage of a document, in order. `furniture` names the rule for passages
    that the file itself shows to be none of its text, `contents` the rule for contents lists; with
    `once`, what is repeated counts once."""
    verdicts: list[Verdict] = []
    front = _front_matter(texts)
    section = _Section()
    for index, (text, level) in enumerate(zip(texts, levels, strict=True)):
        found: Verdict | None
        if furniture[index]:
            found = Verdict("boilerplate", furniture[index])
        elif index in front:
            found = Verdict("boilerplate", "front_matter")
        elif _TABLE_RULE.match(text):
            found = Verdict("boilerplate", "table_rule" if "|" in text else "markup_alone")
        elif index in contents:
            found = Verdict("contents", contents[index])
        else:
            found = pattern_verdict(text)
        if found is not None and found.rule == "source_note" and _REFERENCES.match(text):
            section.begin("reference_list", level)
        elif level and not section.lists(text) and (found is None or found.role == "reference"):
            found = section.under_heading(text, level, found)
        elif level and found is not None and found.rule == "instruction" and _EXERCISE.match(text):
            section.begin("instruction_section", level)
        elif found is None:
            named = index and _names_people(text, texts[index - 1], verdicts[-1])
            found = Verdict("author", "author_names") if named else section.of(text)
        if found is None:
            found = Verdict("table" if tables[index] or _TABLE_ROW.search(text) else "body")
        verdicts.append(found)
    for index in _repeated(texts, verdicts) if once else ():
        verdicts[index] = Verdict("boilerplate", "repeated")
    if is_theory(texts, [v.role for v in verdicts]):
        verdicts = [Verdict("definition", "theory") if v.role in TAGGABLE else v for v in verdicts]
    return verdicts


class _Section:
    """The rule that a heading such as 参考文献 or 写作要求 puts over what stands under it."""

    def __init__(self) -> None:
        self.rule = ""
        self.level = 0

    def begin(self, rule: str, level: int) -> None:
        self.rule, self.level = rule, level

    def lists(self, text: str) -> bool:
        """Whether a line that looks like a numbered heading is an entry of the reference list."""
        return self.rule == "reference_list" and _ENTRY.match(text) is not None

    def under_heading(self, text: str, level: int, found: Verdict | None) -> Verdict:
        """The role of a heading; a reference list opens here and every other section ends, except
        for the headings inside instructions."""
        if found is not None:
            return found
        if self.rule == "instruction_section" and level > self.level and not _EXAMPLE.search(text):
            return Verdict("definition", self.rule)
        self.begin("", 0)
        return Verdict("heading")

    def of(self, text: str) -> Verdict | None:
        """The role of a line under the heading; an example ends instructions, an appendix the list."""
        ends = {"reference_list": _END_OF_REFERENCES, "instruction_section": _EXAMPLE}.get(self.rule)
        if ends is None:
            return None
        if ends.search(text):
            self.begin("", 0)
            return None
        return Verdict("reference" if self.rule == "reference_list" else "definition", self.rule)


def _front_matter(texts: Sequence[str]) -> frozenset[int]:
    """Indices of a block between two lines --- at the very top that holds keys and values."""
    if not texts or texts[0].strip() not in ("---", "+++"):
        return frozenset()
    for end in range(1, min(len(texts), MAX_FRONT)):
        if texts[end].strip() == texts[0].strip():
            keys = any(_FRONT_KEY.match(text) for text in texts[1:end])
            return frozenset(range(end + 1)) if keys else frozenset()
        if len(texts[end]) > 200:
            break
    return frozenset()


def _names_people(text: str, before: str, verdict: Verdict) -> bool:
    """Whether a line is a list of people: numbered names, or names after a line that asks for them."""
    if len(text) > 200:
        return False
    if _NUMBERED_NAMES.match(text) and (
        verdict.role == "author" or re.search(r"\d{6}|\b\d\d[\u4e00-\u9fff]", text)
    ):
        return True
    asked = verdict.rule == "author_names" or (verdict.role == "author" and _ASKS_NAMES.search(before[:60]))
    return bool(asked) and _NAME_LIST.match(text) is not None and text.strip() not in name_to_codes()


def _repeated(texts: Sequence[str], verdicts: Sequence[Verdict]) -> list[int]:
    """Body passages in runs that stand, in the same order, earlier in the document: a page printed
    twice, or the overlap of two excerpts. Headings stay: what follows them needs them."""
    counted = [i for i, v in enumerate(verdicts) if v.role in TAGGABLE and len(texts[i]) >= 2]
    keys = ["".join(texts[i].split()) for i in counted]
    first: dict[tuple[str, str], int] = {}  # two neighbours -> where they stood first
    earlier = [first.setdefault(pair, at) for at, pair in enumerate(itertools.pairwise(keys))]
    again: set[int] = set()
    start = 0
    for at in range(len(earlier) + 1):
        repeats = at < len(earlier) and earlier[at] < at - 1
        if repeats and at > start and earlier[at] == earlier[at - 1] + 1:
            continue
        if at > start:  # a run of repeated neighbours ends: its passages are start..at
            again.update(_long_enough(keys, start, at))
        start = at if repeats else at + 1
    return [counted[m] for m in sorted(again) if verdicts[counted[m]].role != "heading"]


def _long_enough(keys: Sequence[str], start: int, last: int) -> range:
    size = sum(len(key) for key in keys[start : last + 1])
    return range(start, last + 1) if size >= MIN_REPEATED_CHARS else range(0)


def is_theory(texts: Sequence[str], roles: Sequence[Role]) -> bool:
    """Whether a text explains the canvas rather than a company: it names block after block in its
    sentences, speaks of modules and models, and has no company as its subject.

    Its examples are of other companies each time, so none of its passages counts for a canvas.
    Shares measured on 105 labelled cases: theory 0.15–0.30 named and at most 0.12 specific, texts
    about a company below 0.14 named or above 0.4 specific.
    """
    prose = [
        matching_copy(t).text
        for t, r in zip(texts, roles, strict=True)
        if r in ("body", "table", "heading", "definition") and len(t) >= 12
    ]
    named: list[str] = []
    codes: set[str] = set()
    for text in prose:
        names = [name for name, _ in names_in(text) if len(name) > 2]
        if names and not lead_name(text):  # `- 渠道通路：门店` fills a block, it does not explain it
            named.append(text)
            codes.update(code for name in names for code in name_to_codes()[name])
    if len(prose) < 5 or len(codes) < 3 or len(named) < THEORY_NAMED * len(prose):
        return False
    abstract = sum(_ABSTRACT.search(t) is not None for t in prose)
    specific = sum(_SPECIFIC.search(t) is not None or mentions_known(t) for t in prose)
    return abstract >= THEORY_ABSTRACT * len(prose) and specific <= THEORY_SPECIFIC * len(prose)


THEORY_NAMED, THEORY_ABSTRACT, THEORY_SPECIFIC = 0.14, 0.10, 0.20
_ABSTRACT = re.compile("画布|商业模式|模块|构造块|构建块|板块|要素")
_SPECIFIC = re.compile("本公司|本行|发行人|报告期|集团|旗下|(?<!一家)(?<!一个)公司")
