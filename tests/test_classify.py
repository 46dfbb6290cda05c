"""Features, model and tags: the sum, abstention, and a model that is refused when damaged."""

from __future__ import annotations

import json

import pytest

from pipeline import model, store
from pipeline.classify import can_carry_tag, classify, decide, weigh
from pipeline.features import Subject
from pipeline.matching import matching_copy
from pipeline.model import ModelError
from pipeline.tagging import TableError, tag_table
from pipeline.tokens import tokenize

CLEAR = [
    ("公司通过经销商和直营门店销售产品，并在电商平台开设旗舰店。", "CH"),
    ("公司与多家供应商签订长期合作协议，部分工序委托外协厂商加工。", "KP"),
    ("公司的收入主要来自广告收入、会员费和佣金。", "RS"),
    ("公司拥有数百项专利，研发团队经验丰富。", "KR"),
    ("人工成本和原材料成本是公司最主要的成本。", "CO"),
    ("公司建立会员体系和粉丝社区，并提供完善的售后服务。", "CR"),
]


@pytest.mark.parametrize(("text", "block"), CLEAR)
def test_clear_sentences(trained, terms, text, block):
    assert block in {t.block for t in classify(Subject(text), trained, terms)}


@pytest.mark.parametrize(
    "text", ["公司成立于2010年，总部位于北京。", "本报告由第三小组完成。", "国内生产总值同比增长百分之六。"]
)
def test_abstains(trained, terms, text):
    assert classify(Subject(text), trained, terms) == ()


@pytest.mark.parametrize("role", ["contents", "definition", "author", "reference", "boilerplate"])
def test_roles_that_carry_no_tag(trained, terms, role):
    subject = Subject(CLEAR[0][0], role=role)
    assert not can_carry_tag(subject)
    weighed = weigh(subject, trained, terms)
    assert decide(weighed, trained) == ()
    assert weighed.scores["CH"] > 0  # still weighed: an explanation shows it


def test_the_heading_carries_the_label(trained, terms):
    bullet = "富士康代工生产手机"
    under = weigh(Subject(bullet, heading_path=("重要伙伴",)), trained, terms)
    alone = weigh(Subject(bullet), trained, terms)
    assert under.scores["KP"] > alone.scores["KP"] + 0.5
    assert any(e.kind == "heading" for e in under.evidence("KP", trained))


def test_evidence_points_at_words_and_at_lines_of_data(trained, terms):
    text = CLEAR[0][0]
    (tag,) = [t for t in classify(Subject(text), trained, terms) if t.block == "CH"]
    rows = [e for e in tag.evidence if e.kind == "lexicon" and e.term == "直营门店"]
    assert rows
    assert text[rows[0].start : rows[0].end] == "直营门店"
    file, line = rows[0].source.split(":")
    assert store.resource_text(file).splitlines()[int(line) - 1].startswith("直营门店,")


def test_save_and_load_give_the_same_sums(trained):
    kept: dict[str, bytes] = {}
    model.save(trained, {}, kept.__setitem__)
    card = json.loads(kept.pop("model.json"))
    again = model.parse(card, kept)
    assert (again.weights == trained.weights).all()
    assert again.checksum == trained.checksum


@pytest.mark.parametrize("damage", ["checksum", "cut", "nan", "shape", "pickle", "format"])
def test_a_damaged_model_is_refused(trained, damage):
    import io
    from dataclasses import replace

    import numpy as np

    kept: dict[str, bytes] = {}
    broken = trained
    if damage == "nan":
        broken = replace(trained, intercepts=np.full(9, np.nan))
    elif damage == "shape":
        broken = replace(trained, weights=trained.weights[:, :-1])
    model.save(broken, {}, kept.__setitem__)
    if damage == "pickle":
        buffer = io.BytesIO()
        np.savez(buffer, weights=np.array([{"a": 1}], dtype=object))
        kept["model.npz"] = buffer.getvalue()
    elif damage == "cut":
        kept["model.npz"] = kept["model.npz"][:1000]
    card = json.loads(kept.pop("model.json"))
    if damage in ("pickle", "cut"):
        card["sha256"]["model.npz"] = store.sha256(kept["model.npz"])
    elif damage == "checksum":
        kept["words.txt"] += b"x\n"
    elif damage == "format":
        card["format"] = 0
    with pytest.raises(ModelError):
        model.parse(card, kept)


def test_tokens_keep_domain_words_and_hide_figures():
    tokens = [t for t, _, _ in tokenize(matching_copy("公司的经销商在2013年增加到1,870家"))]
    assert "经销商" in tokens
    assert "#" in tokens
    assert "2013" not in tokens


TABLE = '\ufeffid,document,text,blocks\na,x,渠道通路,KP\nb,x,线下门店,KP\nc,y,公司成立于2010年。,KP\nd,x,"网店,商城",\n'


def test_tag_table_keeps_rows_and_never_reads_blocks(trained, terms):
    lines = tag_table(TABLE.removeprefix("\ufeff"), trained, terms).splitlines()
    assert (
        lines[0]
        == "id,blocks,score_KP,score_KA,score_KR,score_VP,score_CR,score_CH,score_CS,score_CO,score_RS"
    )
    assert [line.split(",")[0] for line in lines[1:]] == ["a", "b", "c", "d"]
    assert lines[1].split(",")[1] == ""  # the bare name of a block
    assert lines[2].split(",")[1] == "CH"  # under the heading 渠道通路
    assert tag_table(TABLE.removeprefix("\ufeff").replace("KP", ""), trained, terms).splitlines() == lines


def test_tag_table_takes_given_headings(trained, terms):
    text = "id,text,heading\na,富士康代工生产,重要伙伴\nb,富士康代工生产,\n"
    with_heading, without = tag_table(text, trained, terms).splitlines()[1:]
    assert float(with_heading.split(",")[2]) > float(without.split(",")[2])


def test_tag_table_without_its_columns(trained, terms):
    with pytest.raises(TableError, match="text"):
        tag_table("id,blocks\na,KP\n", trained, terms)


def test_tag_table_without_rows(trained, terms):
    assert tag_table("id,text\n", trained, terms).count("\n") == 1
