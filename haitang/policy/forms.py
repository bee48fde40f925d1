"""A policy in plain forms: every field with its Chinese name, grouped as the policy page is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django import forms
from django.http import QueryDict

from haitang.kernel.forms import MonthField
from haitang.policy import names
from haitang.policy.document import COMPARATOR_NAMES, DEFAULT, ROLE_NAMES, Document
from haitang.policy.names import Path
from haitang.policy.options import OPTIONS
from haitang.policy.rulebook import RULES
from haitang.policy.typed import Faults, document_of, text_of

_LONGEST = 60
_RATIO = "写成 0.2、20% 或 1/3"


def field_key(path: Path) -> str:
    """The name of a field in the form: ``coefficients__copy``."""
    return "__".join(path)


@dataclass(frozen=True)
class Line:
    """One field of a section as the page shows it."""

    bound: forms.BoundField
    label: str
    help: str
    fault: str

    @property
    def is_choice(self) -> bool:
        return isinstance(self.bound.field, forms.ChoiceField)


@dataclass(frozen=True)
class Section:
    """A card of the form: its name, what is said under it, its fields."""

    key: str
    name: str
    note: str
    lines: tuple[Line, ...]
    is_faulty: bool


class PolicyFields(forms.Form):
    """Every number and choice of a policy. Texts are taken as typed; the rules judge them."""

    def __init__(
        self, *args: Any, document: Mapping[str, Any], faults: Faults | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.before = document
        self.faults = faults or Faults()
        for path in names.paths():
            field = _field(path, fault=path in self.faults.fields)
            field.initial = text_of(path, names.value_at(document, path))
            self.fields[field_key(path)] = field

    def document(self) -> Document:
        """The document with what was typed; call after ``is_valid``."""
        texts = {
            path: self.cleaned_data[key]
            for path in names.paths()
            if (key := field_key(path)) in self.data
        }
        return document_of(texts, before=self.before)

    def sections(self) -> Iterator[Section]:
        """The cards in the order of the policy page."""
        for key, name, note, belongs in _SECTIONS:
            mine = [path for path in names.paths() if belongs(path)]
            lines = tuple(self._line(path) for path in mine)
            yield Section(key, name, note, lines, any(line.fault for line in lines))

    def _line(self, path: Path) -> Line:
        label, help_text = _label(path)
        bound = self[field_key(path)]
        return Line(bound, label, help_text, self.faults.fields.get(path, ""))


class DraftForm(PolicyFields):
    """A draft: its name, the revision that was seen, every field."""

    name = forms.CharField(
        label="代号", max_length=60, error_messages={"required": "请给这一版制度起个代号。"}
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def go_on_from(self, revision: int) -> None:
        """Let the next save go on from that revision; what was typed stays."""
        typed = cast(QueryDict, self.data).copy()
        typed["seen"] = str(revision)
        self.data = typed


class CopyForm(forms.Form):
    """Which version to copy (none: the plan's own text), and what the draft is called."""

    version = forms.IntegerField(required=False)
    name = forms.CharField(
        label="代号",
        max_length=60,
        error_messages={
            "required": "请给新的草稿起个代号，例如“2027 年制度”。",
            "max_length": "代号最多 60 个字：请写短一些。",
        },
    )


class PublishForm(forms.Form):
    """From which month on, and which revision was seen."""

    month = MonthField(error_messages={"required": "请选从哪个月起生效。"})
    seen = forms.IntegerField()


def first_error(form: forms.Form, default: str) -> str:
    """The first sentence that a small form refuses with."""
    sentences = (str(text) for faults in form.errors.values() for text in faults)
    return next(sentences, default)


def _field(path: Path, *, fault: bool) -> forms.Field:
    attrs: dict[str, str] = {}
    if fault:
        attrs = {"aria-invalid": "true", "aria-describedby": f"fault-{field_key(path)}"}
    if path[0] == "options":
        values = OPTIONS[path[1]].meanings.items()
        meanings = [(str(value).lower(), meaning) for value, meaning in values]
        return forms.ChoiceField(choices=meanings, widget=forms.RadioSelect, required=False)
    if path[0] == "comparators":
        return forms.ChoiceField(choices=list(COMPARATOR_NAMES.items()), required=False)
    whole = path[0] == "member_days" or isinstance(names.value_at(DEFAULT, path), int)
    attrs |= {"autocomplete": "off", "inputmode": "numeric" if whole else "text"}
    return forms.CharField(required=False, max_length=_LONGEST, widget=forms.TextInput(attrs=attrs))


def _label(path: Path) -> tuple[str, str]:
    """A field's label and what is said beneath it."""
    section = path[0]
    if section == "coefficients":
        return ROLE_NAMES[path[1]], ""
    if section == "rules":
        rule = RULES[path[1]]
        horizon = "扣次年全年" if rule.horizon == "next_year" else "扣当月"
        return f"{ROLE_NAMES[rule.role]}：{rule.text}", f"每{rule.unit}扣多少，{horizon}"
    if section == "comparators":
        return f"{names.SCALES[path[1]]}{names.KINDS[path[2]]}", ""
    if section == "options":
        return OPTIONS[path[1]].question, ""
    if section == "pool_rate":
        return names.field_name(path), f"当月毛利增加值的几成进提成池；{_RATIO}"
    if section == "member_days":
        return names.field_name(path), "每月的哪几天，用顿号隔开，如 8、18、28"
    if path[-1] == "growth":
        return "年递增", _RATIO
    return names.field_name(path), ""


def _in(sections: Iterable[str], path: Path) -> bool:
    return path[0] in sections


_Belongs = Callable[[Path], bool]
_SECTIONS: tuple[tuple[str, str, str, _Belongs], ...] = (
    ("pool", "提成池", "", partial(_in, ["pool_rate"])),
    (
        "coefficients",
        "分配系数",
        f"八项合计必须正好是 1；{_RATIO}。",
        partial(_in, ["coefficients"]),
    ),
    (
        "comparison",
        "活动与什么比较",
        "每种规模和类型的活动，增加值以什么为基准。",
        partial(_in, ["comparators"]),
    ),
    (
        "baseline",
        "会员日与基准日",
        "基准取最近的几天平均，往前最多找多远。",
        partial(_in, ["member_days", "baseline"]),
    ),
    (
        "targets",
        "关注量目标",
        "起始年份的目标，此后每年递增。",
        partial(_in, ["reads"]),
    ),
    ("fund", "日常维持资金与稿酬", "单位是元，最多两位小数。", partial(_in, ["fund"])),
    (
        "rules",
        "考核扣减",
        f"每一次（家、种、百分点）扣系数的多少；{_RATIO}，0 是只记录不扣。",
        partial(_in, ["rules"]),
    ),
    (
        "options",
        "原文没有写明、由制度选定的",
        "▲ 每个问题选一个；标“默认”的是方案原文最近的理解。",
        partial(_in, ["options"]),
    ),
)
