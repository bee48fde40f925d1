"""The form that says which column of an export is which field (docs/imports.md)."""

from __future__ import annotations

from collections.abc import Mapping as Mappable
from collections.abc import Sequence
from typing import Any

from django import forms

from campaigns.imports import mapping as mappings
from campaigns.imports.mapping import FIELDS
from campaigns.models import Store

CONSTANT = "constant:"
CARD_AND_DAY = "card_and_day"
FIXED_DATE = "fixed_date"
COST_SOURCES = [
    ("column", "文件里有成本金额列"),
    ("unit_column", "文件里有单位成本列（乘以数量）"),
    ("items", "文件里没有，用商品成本表"),
    ("rate", "文件里没有，按销售金额的比例推算"),
]
TAXES = [
    ("", "销售金额与成本口径相同"),
    ("amount", "销售金额含税，成本不含税"),
    ("cost", "销售金额不含税，成本含税"),
]
REQUIRED = ("store", "date", "receipt", "item", "quantity", "amount")
GROUPS = [
    ("每个字段取自哪一列", (*REQUIRED[:2], "fixed_date", *REQUIRED[2:], "member")),
    ("成本", ("cost_from", "cost", "cost_rate", "tax", "tax_rate")),
    ("下次还用", ("name",)),
]


class MappingForm(forms.Form):
    """One choice a field of a sale line; ``document`` is the mapping that it makes."""

    def __init__(
        self,
        data: Mappable[str, Any] | None = None,
        *,
        headers: Sequence[str],
        document: Mappable[str, Any] | None = None,
        name: str = "",
    ) -> None:
        self.headers = headers
        names = column_names(headers)
        super().__init__(data, initial=_initial(document or {}, names) | {"name": name})
        columns = [("", "— 请选列 —"), *((each, each) for each in names)]
        stores = [
            (f"{CONSTANT}{code}", f"固定为 {code} {title}")
            for code, title in Store.objects.values_list("code", "name")
        ]
        extra: dict[str, list[tuple[str, str]]] = {
            "store": stores,
            "date": [(FIXED_DATE, "固定为下面填的日期")],
            "receipt": [(CARD_AND_DAY, "没有小票号：同一张卡同一天算一张小票")],
        }
        for field, label in FIELDS.items():
            choices = [*columns, *extra.get(field, [])]
            if field == "member":
                choices[0] = ("", "没有这一列")
            self.fields[field] = forms.ChoiceField(label=label, required=False, choices=choices)
        self.fields["cost"].label = "成本列"
        self.fields["fixed_date"] = forms.CharField(
            label="固定的销售日期",
            required=False,
            widget=forms.TextInput(attrs={"type": "date"}),
        )
        self.fields["cost_from"] = forms.ChoiceField(
            label="成本从哪里来", required=False, choices=COST_SOURCES
        )
        self.fields["cost_rate"] = forms.CharField(
            label="成本占销售金额的比例",
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "例如 0.72"}),
        )
        self.fields["tax"] = forms.ChoiceField(label="含税口径", required=False, choices=TAXES)
        self.fields["tax_rate"] = forms.CharField(
            label="税率",
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "例如 0.13"}),
        )
        self.fields["name"] = forms.CharField(
            label="存为来源（下次直接选，可不填）",
            required=False,
            max_length=60,
            widget=forms.TextInput(attrs={"placeholder": "例如 朝阳店收银"}),
        )
        self.fields["again"] = forms.BooleanField(
            label="同样的文件已导入过时，仍再导入一次", required=False
        )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page sets them out."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def clean(self) -> dict[str, Any]:
        """Names, at each field, what is still missing."""
        given = self.cleaned_data
        for field in REQUIRED:
            if not given.get(field):
                self.add_error(field, f"请选{self.fields[field].label}取自哪一列。")
        if given.get("date") == FIXED_DATE and not given.get("fixed_date"):
            self.add_error("fixed_date", "销售日期选了固定：请在这里填哪一天。")
        if given.get("receipt") == CARD_AND_DAY and not given.get("member"):
            self.add_error("member", "按会员卡和日期分小票时，要选会员卡号列。")
        if self._has_cost_column() and not given.get("cost"):
            self.add_error("cost", "请选成本取自哪一列；文件里没有成本的，改“成本从哪里来”。")
        if given.get("cost_from") == "rate" and not given.get("cost_rate"):
            self.add_error("cost_rate", "请填成本占销售金额的比例，例如 0.72。")
        if given.get("tax") and not given.get("tax_rate"):
            self.add_error("tax_rate", "口径不同时请填税率，例如 0.13。")
        return given

    def document(self, *, keep: Mappable[str, Any]) -> dict[str, Any]:
        """The mapping as filled in; ``keep`` are the parts that the form does not ask for."""
        given = self.cleaned_data
        document: dict[str, Any] = {**keep, "columns": {}}
        constants: dict[str, str] = {}
        for field in FIELDS:
            value = given.get(field) or ""
            if value.startswith(CONSTANT):
                constants[field] = value.removeprefix(CONSTANT)
            elif value == FIXED_DATE:
                constants[field] = given["fixed_date"]
            elif value == CARD_AND_DAY:
                document["receipt"] = CARD_AND_DAY
            elif value and (field != "cost" or self._has_cost_column()):
                document["columns"][field] = value
        if constants:
            document["constants"] = constants
        document |= self._cost() | self._tax()
        return document

    def _has_cost_column(self) -> bool:
        return (self.cleaned_data.get("cost_from") or "column") in ("column", "unit_column")

    def _cost(self) -> dict[str, Any]:
        source = self.cleaned_data.get("cost_from") or "column"
        if source == "column":
            return {}
        rate = {"rate": self.cleaned_data["cost_rate"]} if source == "rate" else {}
        return {"cost": {"from": source, **rate}}

    def _tax(self) -> dict[str, Any]:
        which = self.cleaned_data.get("tax")
        if not which:
            return {}
        sides = {side: "with" if side == which else "without" for side in ("amount", "cost")}
        return {"tax": {"rate": self.cleaned_data["tax_rate"], **sides}}

    def assigned(self) -> list[str]:
        """For each column of the file the field that it is chosen for, or an empty text."""
        chosen = {str(self[field].value() or ""): label for field, label in FIELDS.items()}
        return [chosen.get(name, "") if name else "" for name in _column_names(self.headers)]


def column_names(headers: Sequence[str]) -> list[str]:
    """The headers that can be chosen; a repeated one with its number, ``金额#2``."""
    return [name for name in _column_names(headers) if name]


def _column_names(headers: Sequence[str]) -> list[str]:
    normal = [mappings.normal(header) for header in headers]
    names = []
    for index, header in enumerate(headers):
        repeated = normal.count(normal[index]) > 1
        number = f"#{normal[: index + 1].count(normal[index])}" if repeated else ""
        names.append(f"{header.strip()}{number}" if header.strip() else "")
    return names


def _initial(document: Mappable[str, Any], names: Sequence[str]) -> dict[str, Any]:
    by_normal = {mappings.normal(name): name for name in names}
    initial: dict[str, Any] = {
        field: by_normal.get(mappings.normal(column), "")
        for field, column in document.get("columns", {}).items()
    }
    constants = document.get("constants", {})
    if "store" in constants:
        initial["store"] = CONSTANT + constants["store"]
    if "date" in constants:
        initial |= {"date": FIXED_DATE, "fixed_date": constants["date"]}
    if document.get("receipt") == CARD_AND_DAY:
        initial["receipt"] = CARD_AND_DAY
    cost = document.get("cost", {})
    initial |= {"cost_from": cost.get("from", "column"), "cost_rate": cost.get("rate", "")}
    if tax := document.get("tax"):
        which = next((side for side in ("amount", "cost") if tax.get(side) == "with"), "")
        initial |= {"tax": which, "tax_rate": tax.get("rate", "")}
    return initial


class CostListForm(forms.Form):
    """An item cost list."""

    file = forms.FileField(
        label="成本表（CSV 或 XLSX）",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.xlsm"}),
        error_messages={
            "required": "请先选一个文件再导入。",
            "empty": "这个文件是空的：请重新导出后再试。",
            "missing": "没有收到文件：请重新选择后再导入。",
        },
    )
