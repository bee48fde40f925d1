"""What a person fills in on the pages of the funds and of the ledger."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django import forms

from content.models import Manuscript
from haitang.kernel.errors import Invalid
from haitang.kernel.forms import MonthField
from haitang.kernel.money import fen
from incentives.funds.expenses import ExpenseFacts
from incentives.funds.selectors import ExpenseSearch, FeeSearch
from incentives.ledger.chart import GROUPS
from incentives.ledger.selectors import JournalSearch
from incentives.models import ArticleFee, Journal, ReserveExpense

_DAY = {"type": "date"}
_EMPTY = "这个文件是空的：请重新拍照或另选一个。"
_MISSING = "没有收到凭证：请重新选择。"


class _SearchForm(forms.Form):
    """Filters in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="查找", required=False, max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"

    @property
    def given(self) -> dict[str, Any]:
        """The filters that could be understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_filtered(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class ExpenseSearchForm(_SearchForm):
    """The filters of the list of expenses."""

    month = MonthField(label="月份", required=False)
    kind = forms.ChoiceField(
        label="种类", required=False, choices=[("", "全部种类"), *ReserveExpense.Kind.choices]
    )
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *ReserveExpense.State.choices]
    )

    def search(self) -> ExpenseSearch:
        """The filters that could be understood."""
        given = self.given
        return ExpenseSearch(
            text=given.get("q", "").strip(),
            month=given.get("month"),
            kind=given.get("kind", ""),
            state=given.get("state", ""),
        )


class FeeSearchForm(_SearchForm):
    """The filters of the list of article fees: a month, or a whole year."""

    month = MonthField(label="录用月份", required=False)
    year = forms.IntegerField(label="录用年份", required=False, min_value=2000, max_value=2999)
    kind = forms.ChoiceField(
        label="作者类别",
        required=False,
        choices=[("", "全部类别"), *Manuscript.AuthorKind.choices],
    )
    tax = forms.ChoiceField(
        label="所得类别", required=False, choices=[("", "全部"), *ArticleFee.Tax.choices]
    )
    owed = forms.ChoiceField(
        label="资金",
        required=False,
        choices=[("", "不限"), ("yes", "还没有落实"), ("no", "已全部落实")],
    )

    def search(self) -> FeeSearch:
        """The filters that could be understood; a month is asked before a year."""
        given = self.given
        month, year = given.get("month"), given.get("year")
        first = month.first if month else date(year, 1, 1) if year else None
        last = month.last if month else date(year, 12, 31) if year else None
        return FeeSearch(
            text=given.get("q", "").strip(),
            first=first,
            last=last,
            kind=given.get("kind", ""),
            tax=given.get("tax", ""),
            owed=given.get("owed", ""),
        )


class JournalSearchForm(_SearchForm):
    """The filters of the list of journals."""

    month = MonthField(label="所属月份", required=False)
    kind = forms.ChoiceField(
        label="种类", required=False, choices=[("", "全部种类"), *Journal.Kind.choices]
    )
    account = forms.CharField(
        label="科目编码",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"list": "ledger-groups", "autocomplete": "off"}),
    )
    groups = [(group.code, group.name) for group in GROUPS.values()]

    def search(self) -> JournalSearch:
        """The filters that could be understood."""
        given = self.given
        return JournalSearch(
            text=given.get("q", "").strip(),
            month=given.get("month"),
            kind=given.get("kind", ""),
            account=given.get("account", "").strip(),
        )


class BalanceForm(forms.Form):
    """Of when the trial balance is: a month, or all until a day; the present day otherwise."""

    month = MonthField(label="月份", required=False)
    until = forms.DateField(
        label="或截至", required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )
    detail = forms.BooleanField(label="逐个科目", required=False)


class ExpenseForm(forms.Form):
    """A request to pay something out of the reserve, with its voucher."""

    amount = forms.CharField(
        label="金额（元）",
        max_length=14,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "120.00"}),
        error_messages={"required": "请填金额。", "max_length": "金额太长：请核对。"},
    )
    kind = forms.ChoiceField(
        label="种类",
        choices=ReserveExpense.Kind.choices,
        error_messages={"required": "请选种类。"},
    )
    date = forms.DateField(
        label="付款日期",
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        error_messages={
            "required": "请填付款日期。",
            "invalid": "付款日期不是日期：请写成 2026-10-17 这样。",
        },
    )
    payee = forms.CharField(
        label="收款人",
        max_length=100,
        help_text="商家或个人的名称；不要写电话、卡号。",
        error_messages={"required": "请填收款人。", "max_length": "收款人最多 100 个字。"},
    )
    note = forms.CharField(
        label="用途",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明用途。", "max_length": "用途最多 500 个字。"},
    )
    # With ``capture`` a telephone offers nothing but its camera, so there are two ways.
    photo = forms.FileField(
        label="凭证：拍照",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
        help_text="手机上直接打开相机，拍发票或收据。",
        error_messages={"empty": _EMPTY, "missing": _MISSING},
    )
    file = forms.FileField(
        label="或者：选一个文件",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
        help_text="电子发票等；JPG、PNG 或 PDF，10 MB 以内。",
        error_messages={"empty": _EMPTY, "missing": _MISSING},
    )
    # Sent along, so that a form sent twice asks once.
    key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, today: object) -> None:
        initial = {"key": secrets.token_hex(8), "date": today}
        super().__init__(data, files, initial=initial)

    def clean_amount(self) -> int:
        text = self.cleaned_data["amount"].replace(",", "").replace("，", "").replace("¥", "")
        try:
            return fen(text.strip())
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not self.voucher:
            self.add_error("photo", "请拍一张凭证，或选一个文件。")
        return given

    @property
    def voucher(self) -> Any:
        """The photo or the file that was sent."""
        return self.cleaned_data.get("photo") or self.cleaned_data.get("file")

    def facts(self) -> ExpenseFacts:
        """What is asked for; call after ``is_valid``."""
        given = self.cleaned_data
        return ExpenseFacts(
            given["date"], given["kind"], given["amount"], given["payee"], given["note"]
        )


class FeeForm(forms.Form):
    """The tax category and the author of a fee; both as they stood on the page, too."""

    tax = forms.ChoiceField(choices=ArticleFee.Tax.choices)
    author_name = forms.CharField(max_length=100, required=False)
    licence = forms.CharField(max_length=60, required=False)
    was_tax = forms.CharField(max_length=10)
    was_author_name = forms.CharField(max_length=100, required=False)
