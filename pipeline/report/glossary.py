"""What the tables, columns, blocks, roles, states and reason codes mean, in words for people."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipeline.blocks import blocks
from pipeline.canvas import CELL_NOTES
from pipeline.store import resource_text


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its heading, its width in half characters, the table field it shows."""

    name: str
    width: float
    field: str
    meaning: str
    kind: Literal["text", "number", "score"] = "text"


# Widths leave room for the filter button beside a heading of two characters.
OVERVIEW: tuple[Column, ...] = (
    Column("标题", 32, "documents.title", "文档的标题"),
    Column("公司", 14, "documents.company", "文档主要讲的公司；认不出时为空"),
    Column("文件", 38, "documents.path", "文档来自哪个文件（压缩包写作 包名/文件名）"),
    Column("页", 8, "documents.first_page, last_page", "文档在文件中的页码；没有分页的格式为 1", "number"),
    Column("便签数", 9, "canvas", "这篇文档的画布上共有几条便签", "number"),
    Column("已填", 8, "canvas", "九个模块中有几个至少有一条便签", "number"),
    *(
        Column(f"{b.zh[:2]}\n{b.zh[2:]}", 7.5, f"canvas.block = {code}", f"{b.zh}的便签数；空白为没有找到", "number")
        for code, b in blocks().items()
    ),
    # A column of its own for the link: LibreOffice does not wrap a linked cell.
    Column("画布", 8, "", "点击跳到这篇文档的画布", "number"),
    Column("备注", 18, "documents.duplicate_of", "与另一篇内容重复时注明；重复的不计入公司汇总"),
)  # fmt: skip
EVIDENCE: tuple[Column, ...] = (
    Column("文档", 20, "canvas.title", "文档标题"),
    Column("公司", 12, "canvas.company", "文档主要讲的公司"),
    Column("模块", 11, "canvas.block_zh", "便签所属的画布模块"),
    Column("名次", 8, "canvas.rank", "便签在该文档该模块中的名次，1 为最好", "number"),
    Column("便签", 30, "canvas.note", "从原文中截取的短句，就是画布格子里的那一条"),
    Column("原文", 60, "canvas.quote", "便签所在的句子，与文件中的写法一致"),
    Column("页", 7, "canvas.page", "原文在文件中的页码", "number"),
    Column("得分", 9, "canvas.score", "各项证据之和；可以为负，只在同一模块内比较", "score"),
    Column("支持", 8, "canvas.support", "文档中有几个段落说了同样的意思", "number"),
    Column("段落编号", 24, "canvas.passage_id", "用 huabu explain 输出文件夹 段落编号 可查看每一项证据"),
)
REVIEW_SHEET, COMPARISON_SHEET = "待复核", "对比"
REVIEW: tuple[Column, ...] = (
    Column("类型", 14, "ledger.status, canvas.conflict, canvas.weak, passages.doubtful", "先看没有读成的文件，再看可能矛盾的便签和证据弱的格子，最后是拿不准的段落"),
    Column("文档或文件", 26, "documents.title, ledger.path", "文档标题；没有读成的写文件名"),
    Column("公司", 12, "documents.company", "文档主要讲的公司"),
    Column("模块", 13, "canvas.block_zh, passages.doubtful", "要核对的画布模块"),
    Column("原文或原因", 60, "passages.text, ledger.reason", "要核对的句子；没有读成的写原因"),
    Column("页", 7, "passages.page", "原文在文件中的页码", "number"),
    Column("为什么要看", 36, "", "问题在哪里，看了以后怎么办"),
    Column("段落编号", 24, "passages.passage_id", "用 huabu explain 输出文件夹 段落编号 可查看每一项证据"),
    Column("复核结果", 14, "", "留给复核的人填写"),
)  # fmt: skip
COMPARISON: tuple[Column, ...] = (
    Column("公司", 14, "comparison.company", "有画布的公司"),
    Column("已填", 8, "comparison.gap", "九个模块中有几个有便签", "number"),
    Column("缺", 18, "comparison.gap", "文中没有找到内容的模块"),
    *(
        Column(b.zh, 22, f"comparison.block = {code}", f"{b.zh}：便签数 · 说到的文档数 · 占该公司证据的份额，下面是最好的便签；“缺”为没有找到")
        for code, b in blocks().items()
    ),
)  # fmt: skip
RECORD: tuple[Column, ...] = (
    Column("文件", 44, "ledger.path, member", "输入文件夹中的每一个文件，读入与否都在这里"),
    Column("状态", 9, "ledger.status", "完成、隔离（想读没读成）或跳过（不该读）"),
    Column("原因", 48, "ledger.reason", "没有读入的原因：代码和说明"),
    Column("警告", 40, "ledger.warnings", "读入了，但有需要留意的地方"),
    Column("文档数", 9, "ledger.documents", "文件中有几篇文档；合集会分成多篇", "number"),
    Column("读取器", 16, "ledger.extractor", "用哪个程序读出文字；文本文件注明编码"),
)
GLOSSARY: tuple[Column, ...] = (
    Column("类别", 10, "", "模块、列、表、表的列、段落角色、状态或原因代码"),
    Column("所在或代码", 20, "", "列所在的工作表或表，或者代码"),
    Column("名称", 16, "", "表头或中文名"),
    Column("英文或字段", 48, "", "英文名；列则为对应的表和字段"),
    Column("含义", 56, "", "一句话说明"),
)
CANVAS = f"画布每格列出得分最高的便签（至多 {CELL_NOTES} 条，标题旁为 列出数/总数）；每篇文档打印一页"

BLOCKS: dict[str, str] = {
    "KP": "企业之外、缺了就做不成的供应商、合作方和联盟",
    "KA": "为兑现价值必须持续做好的事，如研发、生产、运营",
    "KR": "做这些事所依靠的东西：人才、技术、品牌、设备、数据、资金",
    "VP": "客户为什么选它：解决了什么问题，带来什么好处",
    "CR": "怎样与客户建立并保持联系，如服务、会员、社群",
    "CH": "产品和信息经什么途径到达客户：宣传、销售、交付",
    "CS": "为谁服务：有共同需要或特点的客户群",
    "CO": "经营中钱主要花在哪里",
    "RS": "从谁那里、以什么方式收到钱",
}
ROLES: dict[str, tuple[str, str]] = {
    "body": ("正文", "叙述案例的句子，可以带标注"),
    "heading": ("标题", "小节标题；有实际内容的才带标注，并为下面的段落提供线索"),
    "table": ("表格", "表格的一行，可以带标注"),
    "contents": ("目录", "目录和提纲，只列名称，不作证据"),
    "definition": ("概念", "讲解画布或模块概念的话，不是案例内容，不作证据"),
    "author": ("作者", "作者、小组、学号等信息，不作证据"),
    "reference": ("文献", "参考文献和资料来源，不作证据"),
    "boilerplate": ("套话", "版权、下载提示、致谢等与案例无关的话，不作证据"),
}
STATES: dict[str, tuple[str, str]] = {
    "ok": ("完成", "读出了文字并分成了文档"),
    "quarantined": ("隔离", "尝试读取但没有成功，原因见“运行记录”；其他文件不受影响"),
    "skipped": ("跳过", "按规则不读，如系统文件和链接"),
}
TABLES: dict[str, str] = {
    "canvas_wide": "一个文档；九个模块各一列，直接交作业",
    "canvas": "一条便签",
    "companies": "公司 × 便签；同一公司多篇文档合并",
    "periods": "公司 × 时期 × 便签；只有原文写明时期的便签",
    "comparison": "公司 × 模块；没有内容的也占一行",
    "terms": "模块或公司 × 比别处多用的词",
    "passages": "一个段落：一句话、一个要点或一行表格",
    "evidence": "标注的一条证据（只有 .parquet）",
    "documents": "一个文档；一个文件里可能有几篇",
    "ledger": "一个输入文件，读入与否都在",
}
"""Published tables -> what one row is."""
FACTS: dict[str, str] = {
    "huabu": "huabu 版本",
    "inputs": "输入文件校验值",
    "model": "模型校验值",
    "lexicon": "词典校验值",
    "names": "公司名表校验值",
    "corrections": "更正表校验值",
    "time_limit": "每个文件的时间上限（秒）",
}


@cache
def reasons() -> dict[str, tuple[str, str]]:
    """Reason and warning code -> (Chinese, English)."""
    return {r["code"]: (r["zh"], r["en"]) for r in csv.DictReader(resource_text("reasons.csv").splitlines())}


@cache
def published_columns() -> dict[tuple[str, str], str]:
    """(table, column) -> meaning, for every column of every published table: tables as they come in
    TABLES, columns as they come in `resources/columns.csv`."""
    known: dict[tuple[str, str], str] = {}
    for row in csv.DictReader(resource_text("columns.csv").splitlines()):
        for table in row["tables"].split(";"):
            known[table, row["column"]] = row["meaning"]
    place = list(TABLES)
    return dict(sorted(known.items(), key=lambda entry: place.index(entry[0][0])))


def explain(codes: str) -> str:
    """Codes joined by `;` -> a line for each with its Chinese explanation.

    >>> explain("TIMEOUT").split("：")[0], explain("NEW_CODE"), explain("")
    ('TIMEOUT 超时', 'NEW_CODE', '')
    """
    known = reasons()
    return "\n".join(
        f"{code} {known[code][0]}" if code in known else code for code in codes.split(";") if code
    )


def glossary_rows(sheets: dict[str, tuple[Column, ...]], canvas_sheet: str) -> list[list[object]]:
    """The rows of the data dictionary: blocks, the columns of every sheet and of every published table,
    roles, states, reason codes."""
    rows: list[list[object]] = [["模块", code, b.zh, b.en, BLOCKS[code]] for code, b in blocks().items()]
    for sheet, columns in sheets.items():
        rows += [["列", sheet, c.name.replace("\n", ""), c.field, c.meaning] for c in columns]
    rows.append(["列", canvas_sheet, "（九格）", "canvas", CANVAS])
    rows += [["表", table, "", "", f"一行是{meaning}"] for table, meaning in TABLES.items()]
    rows += [
        ["表的列", table, column, f"{table}.{column}", meaning]
        for (table, column), meaning in published_columns().items()
    ]
    rows += [["段落角色", role, zh, "passages.role", meaning] for role, (zh, meaning) in ROLES.items()]
    rows += [["状态", state, zh, "ledger.status", meaning] for state, (zh, meaning) in STATES.items()]
    for code, (zh, en) in reasons().items():
        name, _, meaning = zh.partition("：")
        rows.append(["原因代码", code, name, en, meaning])
    return rows
