"""What people fill in on the pages of deductions and objections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms

from accounts.roles import TEAM
from haitang.kernel.errors import Invalid
from haitang.kernel.forms import MonthField
from haitang.kernel.money import exact
from haitang.policy.rulebook import RULES
from incentives import wording
from incentives.deductions.deducting import SCORED
from incentives.deductions.pages import KpiSearch
from incentives.models import KpiEvent

ROWS = 5
_BLANKS = str.maketrans("", "", " \u3000\xa0%％")


def read_quantity(text: str) -> Fraction:
    """A quantity as people write it: ``1``, ``2.5``, ``2.5%``; Invalid for anything else."""
    plain = text.translate(_BLANKS)
    try:
        return exact(plain)
    except Invalid:
        raise Invalid(f"数量“{text}”不是数：请写成 1 或 2.5 这样。") from None


class QuantityField(forms.CharField):
    """A number, kept as a Fraction."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 12)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_quantity(text)
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error


class KpiFilter(forms.Form):
    """The filters of a month's events, in the address; a wrong one narrows nothing."""

    text = forms.CharField(label="说明或证据", required=False, max_length=60)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *KpiEvent.State.choices]
    )
    role = forms.ChoiceField(
        label="岗位",
        required=False,
        choices=[("", "全部岗位"), *((role.value, role.label) for role in TEAM)],
    )
    mine = forms.ChoiceField(
        label="由谁决定", required=False, choices=[("", "不限"), ("1", "由我决定的")]
    )

    def search(self) -> KpiSearch:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        return KpiSearch(
            state=given.get("state", ""),
            role=given.get("role", ""),
            text=given.get("text", "").strip(),
            mine=bool(given.get("mine")),
        )


def rule_choices() -> list[tuple[str, Any]]:
    """The rules that people tell of, by role; those scored by the general manager are not here."""
    groups = []
    for role in TEAM:
        rules = [
            (rule.code, f"{rule.text}（每{rule.unit}）")
            for rule in RULES.values()
            if rule.role == role.value and rule.code not in SCORED
        ]
        if rules:
            groups.append((wording.role_name(role.value), rules))
    return [("", "请选择"), *groups]


class NewEventsForm(forms.Form):
    """Whose events are entered: the month and the rule; the rows are read by ``read_rows``."""

    month = MonthField(
        label="月份",
        help_text="年度规则填事情所在的月份，例如 12 月 31 日没有完成的填 12 月。",
        error_messages={"required": "请选月份。"},
    )
    rule = forms.ChoiceField(
        label="规则", choices=rule_choices, error_messages={"required": "请选规则。"}
    )
    token = forms.CharField(max_length=40, widget=forms.HiddenInput)


@dataclass
class EntryRow:
    """A row of the entry table as typed; ``fault`` says why it cannot be kept."""

    number: int
    quantity: str = ""
    evidence: str = ""
    url: str = ""
    fault: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.quantity or self.evidence or self.url)


def read_rows(data: Mapping[str, str], *, rows: int = ROWS) -> list[EntryRow]:
    """The rows of the entry table as typed, empty ones among them."""
    return [
        EntryRow(
            number,
            *(data.get(f"{name}-{number}", "").strip() for name in ("quantity", "evidence", "url")),
        )
        for number in range(1, rows + 1)
    ]


class DecisionForm(forms.Form):
    """What the assessor decides about an event, and what he saw of it."""

    act = forms.ChoiceField(
        choices=[("confirm", "确认"), ("change", "更改"), ("waive", "免除")],
        error_messages={"required": "请选确认、更改或免除。"},
    )
    seen = forms.CharField(max_length=60)
    quantity = QuantityField(required=False)
    reason = forms.CharField(
        required=False,
        max_length=500,
        error_messages={"max_length": "理由最多 500 个字：请写短一些。"},
    )


class ScoreForm(forms.Form):
    """The general manager's percent points off planner and supervisor, each with a reason."""

    def __init__(
        self, data: Any = None, *, rules: list[str], initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.rules = rules
        for rule in rules:
            self.fields[self.name_of(rule)] = QuantityField(
                label=f"{wording.role_name(RULES[rule].role)}扣几个百分点（0–100）",
                help_text=f"{RULES[rule].text}。不扣填 0。",
                error_messages={"required": "请填 0 到 100 之间的数，不扣填 0。"},
            )
            self.fields[self.reason_of(rule)] = forms.CharField(
                label=f"{wording.role_name(RULES[rule].role)}的理由",
                required=False,
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text="扣分或更改要写，会通知本人。",
                error_messages={"max_length": "理由最多 500 个字：请写短一些。"},
            )

    @staticmethod
    def name_of(rule: str) -> str:
        return RULES[rule].role

    @classmethod
    def reason_of(cls, rule: str) -> str:
        return f"{cls.name_of(rule)}_reason"

    def scores(self) -> dict[str, Fraction]:
        """The points by rule; call after ``is_valid``."""
        return {rule: self.cleaned_data[self.name_of(rule)] for rule in self.rules}

    def reasons(self) -> dict[str, str]:
        """What is told to each by rule; call after ``is_valid``."""
        return {rule: self.cleaned_data[self.reason_of(rule)] for rule in self.rules}


class ObjectionForm(forms.Form):
    """What is wrong with the line, in the person's words."""

    text = forms.CharField(
        label="哪里不对，事实是什么",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "请写明哪里不对、事实是什么。",
            "max_length": "异议最多 1000 个字：请写短一些。",
        },
    )


class AnswerForm(forms.Form):
    """The assessor's written answer, and what becomes of the line."""

    quantity = QuantityField(label="更改后的数量", required=False)
    text = forms.CharField(
        label="书面答复",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "请写明答复：它会给提出异议的人看。",
            "max_length": "答复最多 1000 个字：请写短一些。",
        },
    )

    def __init__(self, data: Any = None, *, is_event: bool) -> None:
        super().__init__(data, initial={"decision": "keep"})
        choices = [("keep", "维持原判"), ("change", "更改数量"), ("waive", "免除这条扣减")]
        if not is_event:
            choices = [("keep", "维持不变"), ("change", "数据已更正")]
            del self.fields["quantity"]
        self.fields["decision"] = forms.ChoiceField(
            label="决定",
            choices=choices,
            widget=forms.RadioSelect,
            error_messages={"required": "请选维持、更改或免除。"},
        )
        self.order_fields(["decision", "quantity", "text"])
