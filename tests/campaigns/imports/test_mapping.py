from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from campaigns.imports import mapping as mappings
from campaigns.imports.mapping import STANDARD, parse, resolve
from haitang.kernel.errors import Invalid

CARDS: dict[str, Any] = {
    "columns": {
        "date": "购药时间",
        "item": "商品编码",
        "quantity": "销售数量",
        "amount": "实收金额",
        "member": "社保卡号",
    },
    "constants": {"store": "S01"},
    "receipt": "card_and_day",
    "cost": {"from": "rate", "rate": "0.72"},
}


def changed(**parts: Any) -> dict[str, Any]:
    return {**CARDS, **parts}


def test_mapping_of_a_single_store_export_is_understood() -> None:
    mapping = parse(CARDS)
    assert mapping.store == "S01"
    assert mapping.receipt == "card_and_day"
    assert mapping.cost_rate == Fraction(18, 25)
    headers = ["购药时间", "社保卡号", "商品编码", "商品名称", "销售数量", "应收金额", "实收金额"]
    assert resolve(mapping, headers) == {
        "date": 0,
        "member": 1,
        "item": 2,
        "quantity": 4,
        "amount": 6,
    }


def test_mapping_without_document_is_the_standard() -> None:
    assert parse(None) is STANDARD
    assert parse({}) is STANDARD


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"colums": {}}, "“colums”不认识"),
        (changed(columns={**CARDS["columns"], "price": "单价"}), "“price”不认识"),
        (changed(columns={**CARDS["columns"], "item": ""}), "“item”是空的"),
        (changed(columns=["date"]), "“columns”要写成"),
        (changed(constants={}), "没有说门店编码"),
        (changed(receipt="day"), "“receipt”写成“day”不行"),
        (changed(cost={"from": "rate", "rate": 0.72}), "“cost.rate”写成“0.72”不行"),
        (changed(cost={"from": "rate"}), "“cost.rate”"),
        (changed(cost={"from": "column"}), "没有说成本金额"),
        (changed(cost={"from": "items", "rate": "0.7"}), "只在"),
        (changed(cost="0.72"), "“cost”要写成"),
        (changed(tax={"rate": "0.13"}), "“tax”要写全三项"),
        (changed(tax={"rate": "0.13", "amount": "with", "cost": "with"}), "没有税可调"),
        (changed(constants={"store": "S01", "date": "2018-02-29"}), "没有 2018 年 2 月 29 日"),
        (changed(constants={"store": "S01", "date": "2026-10-01"}), "只能留一个"),
        (changed(header_row=0), "header_row"),
        (changed(sheet=3), "sheet"),
    ],
)
def test_mapping_is_refused_with_its_fault(document: dict[str, Any], fault: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(document)
    assert any(fault in detail for detail in refusal.value.details)


def test_mapping_lists_every_fault_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        parse({"columns": {}, "receipt": "x", "cost": {"from": "y"}})
    assert len(refusal.value.details) >= 6


def test_mapping_by_card_needs_the_card() -> None:
    columns = {key: value for key, value in CARDS["columns"].items() if key != "member"}
    with pytest.raises(Invalid) as refusal:
        parse(changed(columns=columns))
    assert any("member" in detail for detail in refusal.value.details)


@pytest.mark.parametrize(
    ("amount", "cost", "factor"),
    [
        ("with", "without", Fraction(113, 100)),
        ("without", "with", Fraction(100, 113)),
        ("with", "with", Fraction(1)),
    ],
)
def test_tax_brings_the_cost_to_the_basis_of_the_amount(
    amount: str, cost: str, factor: Fraction
) -> None:
    document = changed(
        columns={**CARDS["columns"], "cost": "成本"},
        cost={"from": "column"},
        tax={"rate": "0.13", "amount": amount, "cost": cost},
    )
    assert parse(document).tax_factor == factor


def test_standard_takes_either_language_in_any_order() -> None:
    headers = [
        "备注",
        "会员卡号",
        "cost",
        "销售金额",
        "Quantity",
        "商品编码",
        "receipt",
        "销售日期",
        "STORE",
    ]
    assert resolve(STANDARD, headers) == {
        "store": 8,
        "date": 7,
        "receipt": 6,
        "item": 5,
        "quantity": 4,
        "amount": 3,
        "cost": 2,
        "member": 1,
    }


def test_duplicate_headers_are_refused_only_where_mapped() -> None:
    headers = ["store", "date", "receipt", "item", "quantity", "amount", "cost", "备注", "备注"]
    assert resolve(STANDARD, headers)["cost"] == 6
    with pytest.raises(Invalid) as refusal:
        resolve(STANDARD, [*headers, "quantity"])
    assert "第 5 列、第 10 列" in refusal.value.details[0]
    assert "quantity#2" in refusal.value.details[0]


def test_duplicate_headers_can_be_told_apart_by_number() -> None:
    document = changed(columns={**CARDS["columns"], "quantity": "数量#2"})
    headers = ["购药时间", "社保卡号", "商品编码", "数量", "数量", "实收金额"]
    assert resolve(parse(document), headers)["quantity"] == 4
    with pytest.raises(Invalid):
        resolve(parse(document), headers[:4] + headers[5:])


def test_missing_columns_are_named_with_what_was_read() -> None:
    with pytest.raises(Invalid) as refusal:
        resolve(STANDARD, ["store", "date"])
    assert "store、date" in refusal.value.sentence
    assert len(refusal.value.details) == 5


def test_guess_proposes_a_mapping_from_known_names() -> None:
    headers = ["购药时间", "社保卡号", "商品编码", "商品名称", "销售数量", "应收金额", "实收金额"]
    assert mappings.guess(headers) == {
        "columns": {
            "date": "购药时间",
            "item": "商品编码",
            "quantity": "销售数量",
            "amount": "实收金额",
            "member": "社保卡号",
        },
        "receipt": "card_and_day",
    }


def test_digest_depends_on_bytes_and_mapping() -> None:
    one = parse(CARDS).digest(content_digest="a")
    assert one == parse(dict(reversed(CARDS.items()))).digest(content_digest="a")
    assert one != parse(CARDS).digest(content_digest="b")
    assert one != parse(changed(constants={"store": "S02"})).digest(content_digest="a")
