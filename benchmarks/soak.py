"""A long run: thousands of generated documents, one in ten broken, built in one go and looked over.

Prints the peak memory of the parent, seconds a document in each half of every stage, and counts; ends
with 1 where the ledger does not add up, a document is not in every table exactly once, or a bound is
passed. Everything is made from the number of the document, so each run has the same input.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

EXAMPLE = "example: python benchmarks/soak.py --documents 10000 --max-mb 500 --max-slowdown 1.2"
COMPANIES = ("小米", "华为", "京东", "美团", "百度", "快手", "知乎", "三星", "抖音", "拼多多")
WHO = (
    "年轻白领",
    "中小企业",
    "县城家庭",
    "大学生",
    "社区商户",
    "养殖户",
    "医院药房",
    "跨境卖家",
    "宝妈",
    "老年人",
)
WHAT = (
    "净水设备",
    "速溶咖啡",
    "保温餐盒",
    "智能门锁",
    "农用无人机",
    "儿童读物",
    "检测仪器",
    "冷链配送",
    "在线课程",
    "工业胶带",
)
WHERE = (
    "线下门店",
    "自营网上商城",
    "省级经销商",
    "直播间",
    "校园代理",
    "小程序",
    "行业展会",
    "电视购物",
    "邮局网点",
    "加盟店",
)
HOW = (
    "会员积分",
    "上门安装",
    "专属客服",
    "用户社群",
    "终身保修",
    "生日礼券",
    "试用装",
    "线上答疑",
    "回访电话",
    "老客推荐",
)
COST = (
    "原料采购",
    "门店租金",
    "研发人员工资",
    "广告投放",
    "仓储物流",
    "服务器带宽",
    "设备折旧",
    "平台佣金",
    "培训费用",
    "售后维修",
)
PLACES = (
    "杭州",
    "成都",
    "青岛",
    "厦门",
    "长沙",
    "西安",
    "合肥",
    "昆明",
    "沈阳",
    "贵阳",
    "洛阳",
    "无锡",
    "珠海",
    "烟台",
    "泉州",
)
SENTENCES = (
    "{c}主要向{p}的{w}销售{g}，每月服务{n}人。",
    "{g}通过{x}和{y}到达{p}的顾客手中，第{n}号{x}去年开业。",
    "{p}的{n}家供应商长期为{c}供应{g}的零件，双方签有合作协议。",
    "公司用{h}和{k}维持与{w}的关系，{p}的复购率达到百分之{m}。",
    "最大的开支是{a}与{b}，{p}一地每年就要{n}万元。",
    "收入主要来自{g}的销售和{h}的年费，{p}分公司贡献了{n}万元。",
    "它为{w}解决了{g}价格高、送货慢的问题，{p}用户平均节省{m}分钟。",
    "{p}的研发中心拥有{n}项专利和{m}名工程师，这是{c}最重要的资源。",
    "团队每天完成{g}的设计、生产和质检，{p}工厂日产{n}件。",
    "{c}在{p}成立，创始人曾在{y}工作{m}年。",
)


# --- the input -------------------------------------------------------------------------------------


def text_of(number: int, passages: int, *, one_company: bool) -> str:
    """A small case of its own: no two of them are near-duplicates."""
    chance = random.Random(number)  # noqa: S311
    company = COMPANIES[0] if one_company else COMPANIES[number % len(COMPANIES)]
    lines = [f"{company}案例{number}：{chance.choice(PLACES)}{chance.choice(WHAT)}"]
    for sentence in chance.sample(SENTENCES, k=min(passages, len(SENTENCES))):
        words = {"c": company, "n": chance.randrange(10, 9_999), "m": chance.randrange(3, 99)}
        for names, choices in (
            ("p", PLACES),
            ("w", WHO),
            ("g", WHAT),
            ("xy", WHERE),
            ("hk", HOW),
            ("ab", COST),
        ):
            words |= dict(zip(names, chance.sample(choices, k=len(names)), strict=True))
        lines.append(sentence.format(**words))
    return "\n".join(lines) + "\n"


def docx_of(text: str) -> bytes:
    """The smallest DOCX that holds these paragraphs."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + part)
    return buffer.getvalue()


def html_of(text: str) -> bytes:
    title, *lines = text.splitlines()
    body = "".join(f"<p>{line}</p>\n" for line in lines)
    return f'<!doctype html><meta charset="utf-8"><h1>{title}</h1>\n{body}'.encode()


GOOD: tuple[tuple[str, Callable[[str], bytes]], ...] = (
    ("txt", lambda text: text.encode()),
    ("docx", docx_of),
    ("txt", lambda text: text.encode("gb18030")),
    ("html", html_of),
    ("txt", lambda text: text.encode("utf-16")),
)
POISON: tuple[tuple[str, Callable[[str], bytes]], ...] = (
    ("txt", lambda _: b""),
    ("txt", lambda text: b" \n" * (len(text) % 50 + 1)),
    ("docx", lambda text: docx_of(text)[:-60]),
    ("pdf", lambda text: b"%PDF-1.7\n" + text.encode()),
    ("docx", lambda text: b"\x89PNG\r\n\x1a\n" + text.encode()),
    ("txt", lambda text: random.Random(text).randbytes(3_000)),  # noqa: S311
    ("exe", lambda text: b"MZ" + text.encode("utf-16")),
    ("html", lambda text: f"<html><script>{text}</script></html>".encode()),
)


def generate(folder: Path, count: int, options: argparse.Namespace) -> tuple[int, int]:
    """Write `count` files below `folder`; (good, broken) ones."""
    broken = 0
    for number in range(count):
        text = text_of(number, options.passages, one_company=options.one_company)
        poisoned = number % 100 < options.poison
        kinds = POISON if poisoned else GOOD
        extension, make = (
            kinds[(number // 100 + number) % len(kinds)] if not options.txt or poisoned else GOOD[0]
        )
        place = folder / f"{number // options.per_folder:05d}" if options.per_folder else folder
        if not options.per_folder or number % options.per_folder == 0:
            place.mkdir(parents=True, exist_ok=True)
        (place / f"案例{number:06d}.{extension}").write_bytes(make(text))
        broken += poisoned
    return count - broken, broken


# --- the run ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Clock:
    """When each stage had done how much."""

    marks: dict[str, list[tuple[int, float, float]]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    start: float = field(default_factory=time.monotonic)

    def report(self, stage: str, done: int, total: int, _path: str) -> None:
        now = time.monotonic()
        known = self.marks.setdefault(stage, [(0, now, peak())])
        self.totals[stage] = total
        if done >= known[-1][0] + max(1, total // 20) or done == total:
            known.append((done, now, peak()))

    def halves(self) -> Iterator[tuple[str, int, float, float, float]]:
        """(stage, documents, seconds a document in the first half, in the second, peak after it)."""
        for stage, marks in self.marks.items():
            (first, begin, _), (last, end, most) = marks[0], marks[-1]
            half = min(marks, key=lambda mark: abs(mark[0] - (first + last) / 2))
            if first < half[0] < last:
                yield (
                    stage,
                    last,
                    (half[1] - begin) / (half[0] - first),
                    (end - half[1]) / (last - half[0]),
                    most,
                )


def peak(*, children: bool = False) -> float:
    """Largest resident memory so far in MB: of this process, or of any one reader."""
    import resource

    if not children and sys.platform == "linux":  # there, getrusage counts whoever started this one
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    size = resource.getrusage(who).ru_maxrss
    return size / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def law(out: Path, good: int, broken: int) -> list[str]:
    """What does not hold of the published tables: every file in the ledger once, every document in
    every table, every tag the sum of its evidence."""
    import pandas as pd

    def read(name: str, columns: list[str]) -> pd.DataFrame:
        return pd.read_parquet(out / f"{name}.parquet", columns=columns)

    wrong: list[str] = []

    def holds(what: str, found: object, wanted: object) -> None:
        if found != wanted:
            wrong.append(f"{what}: {found}, not {wanted}")

    ledger = read("ledger", ["path_hex", "member", "status", "documents"])
    status = Counter(ledger["status"])
    holds("rows of the ledger", len(ledger), good + broken)
    holds("files in it", len(ledger.drop_duplicates(["path_hex", "member"])), good + broken)
    holds("ok", status["ok"], good)
    holds("quarantined", status["quarantined"], broken)
    documents = read("documents", ["doc_id", "path_hex", "member", "chars", "passages"])
    holds("documents", len(documents), int(ledger["documents"].sum()))
    holds("ids of documents", documents["doc_id"].nunique(), len(documents))
    joined = documents.merge(ledger[ledger["status"] == "ok"], on=["path_hex", "member"])
    holds("documents of files that are ok", len(joined), len(documents))
    holds("files with documents", len(joined.drop_duplicates(["path_hex", "member"])), status["ok"])
    sizes = dict(zip(documents["doc_id"], documents["chars"], strict=True))
    texts = {p.stem: len(p.read_bytes().decode()) for p in (out / "text").iterdir()} if good else {}
    holds("characters of the texts", sum(texts.values()), int(documents["chars"].sum()))
    holds("texts", texts.keys() ^ sizes.keys(), set())
    passages = read("passages", ["passage_id", "doc_id"])
    holds("passages", len(passages), int(documents["passages"].sum()))
    holds("ids of passages", passages["passage_id"].nunique(), len(passages))
    holds("passages without a document", len(set(passages["doc_id"]) - sizes.keys()), 0)
    notes = read("canvas", ["doc_id", "passage_id"])
    holds("notes without a passage", len(set(notes["passage_id"]) - set(passages["passage_id"])), 0)
    wide = read("canvas_wide", ["doc_id"])
    holds("rows of canvas_wide", list(wide["doc_id"]), list(documents["doc_id"]))
    for name in (
        "ledger",
        "documents",
        "passages",
        "canvas",
        "canvas_wide",
        "companies",
        "periods",
        "comparison",
        "terms",
    ):
        with (out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            import csv

            rows = sum(1 for _ in csv.reader(file)) - 1
        holds(f"rows of {name}.csv", rows, len(pd.read_parquet(out / f"{name}.parquet", columns=[])))
    return wrong


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLE)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--poison", type=int, default=10, help="broken files in a hundred")
    parser.add_argument("--passages", type=int, default=6, help="sentences of a document, at most 10")
    parser.add_argument("--per-folder", type=int, default=0, help="files of a folder; 0: all in one")
    parser.add_argument("--one-company", action="store_true", help="all documents are about one company")
    parser.add_argument("--txt", action="store_true", help="good documents are UTF-8 text only")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--folder", type=Path, help="where to work, kept; without it a folder that is removed"
    )
    parser.add_argument(
        "--again", action="store_true", help="build a second time: nothing may be read or tagged"
    )
    parser.add_argument("--max-mb", type=float, default=0, help="fail if the parent's memory passes this")
    parser.add_argument(
        "--max-slowdown", type=float, default=0, help="fail if a stage's second half takes longer"
    )
    return parser


def main() -> int:
    options = parser().parse_args()
    if options.folder:
        return soak(options.folder, options)
    with tempfile.TemporaryDirectory() as folder:
        return soak(Path(folder), options)


def soak(folder: Path, options: argparse.Namespace) -> int:
    from pipeline import build, store

    raw, out = folder / "raw", folder / "out"
    start = time.monotonic()
    good, broken = generate(raw, options.documents, options)
    print(f"{good} documents and {broken} broken files made in {time.monotonic() - start:.0f} s", flush=True)
    wrong: list[str] = []
    for again in (False, True) if options.again else (False,):
        clock = Clock()
        store.prepare_output(out)
        with store.lock(out):
            outcome = build.build(raw, out, build.Options(options.workers, tagger="linear"), clock.report)
        most = peak()  # before the looking over, which holds whole tables
        seconds = time.monotonic() - clock.start
        print(f"{'again' if again else 'built'} in {seconds:.0f} s: {outcome.files} files, {outcome.ok} ok, {outcome.quarantined} quarantined, "
              f"{outcome.documents} documents, {outcome.passages} passages, {outcome.tags} tags, "
              f"{outcome.extracted} read, {outcome.analysed} tagged")  # fmt: skip
        print(f"peak memory: parent {most:.0f} MB, largest reader {peak(children=True):.0f} MB", flush=True)
        for stage, done, first, second, after in clock.halves():
            slower = second / max(first, 1e-9)
            print(
                f"  {stage}: {done} at {first * 1000:.2f} ms, then {second * 1000:.2f} ms each (x {slower:.2f}); {after:.0f} MB"
            )
            if options.max_slowdown and done >= 1_000 and slower > options.max_slowdown:
                wrong.append(f"{stage}: the second half is {slower:.2f} times as slow as the first")
        if options.max_mb and most > options.max_mb:
            wrong.append(f"the parent took {most:.0f} MB, more than {options.max_mb:.0f}")
        if again and (outcome.extracted or outcome.analysed or not outcome.unchanged):
            wrong.append("a second build of the same input read or tagged something")
    wrong += law(out, good, broken)
    for line in wrong:
        print(f"WRONG {line}")
    print("the law of the ledger holds" if not wrong else f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
