"""What a person fills in on the pages of stores and of the holiday calendar."""

from __future__ import annotations

from typing import Any

from django import forms

from campaigns.models import CalendarDay, Store
from campaigns.services.calendar import ORDINARY
from campaigns.services.stores import StoreEntry
from campaigns.stores import CLOSED, OPEN


def _day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": f"请填{label}。",
            "invalid": f"{label}不是日期：请写成 2026-10-17 这样。",
        },
    )


class StoreSearch(forms.Form):
    """The filters of the list, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="编码或名称", required=False, max_length=100)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部门店"), (OPEN, "营业中"), (CLOSED, "已停业")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"

    def search(self) -> dict[str, str]:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        return {"text": given.get("q", "").strip(), "state": given.get("state", "")}


class StoreForm(forms.Form):
    """A store's facts; the code only when the store is added."""

    def __init__(
        self,
        data: Any = None,
        *,
        store: Store | None = None,
        with_code: bool = False,
    ) -> None:
        initial = (
            {"name": store.name, "opened_on": store.opened_on, "closed_on": store.closed_on}
            if store
            else {}
        )
        super().__init__(data, initial=initial)
        if with_code:
            self.fields["code"] = forms.CharField(
                label="编码",
                max_length=30,
                help_text="与收银系统一致；之后不能改。",
                error_messages={
                    "required": "请填门店编码。",
                    "max_length": "门店编码最多 30 个字。",
                },
            )
        self.fields["name"] = forms.CharField(
            label="名称",
            max_length=100,
            error_messages={
                "required": "请填门店名称。",
                "max_length": "门店名称最多 100 个字。",
            },
        )
        self.fields["opened_on"] = _day(
            "开业日期", help_text="大型活动按它判断上年同期是否已经开业。"
        )
        self.fields["closed_on"] = _day(
            "停业日期", required=False, help_text="最后营业的一天；还在营业就空着。"
        )

    def entry(self) -> StoreEntry:
        """The facts as filled in; call after ``is_valid``."""
        given = self.cleaned_data
        return StoreEntry(
            name=given["name"].strip(), opened_on=given["opened_on"], closed_on=given["closed_on"]
        )


class DaysForm(forms.Form):
    """Some days of a year and what they are."""

    first = _day("从哪一天")
    last = _day("到哪一天", required=False, help_text="只有一天就空着。")
    kind = forms.ChoiceField(
        label="这些日子是",
        choices=[*CalendarDay.Kind.choices, (ORDINARY, "平常（按星期几）")],
        error_messages={"invalid_choice": "请选这些日子是什么。"},
    )


class YearForm(forms.Form):
    """Where a year's arrangement comes from."""

    source = forms.CharField(
        label="来源",
        max_length=60,
        help_text="国务院办公厅的文号，例如：国办发明电〔2026〕7号。",
        error_messages={
            "required": "请写明安排的来源，例如文号。",
            "max_length": "来源最多 60 个字。",
        },
    )
