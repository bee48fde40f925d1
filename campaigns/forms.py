"""What a person fills in on the pages of campaigns and imports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from campaigns.models import Campaign, SalesImport, SourceMapping
from campaigns.selectors import SORTS, Search
from haitang.kernel.forms import MonthField


class CampaignSearch(forms.Form):
    """The filters of the list, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="编号或名称", required=False, max_length=100)
    month = MonthField(label="月份", required=False)
    scale = forms.ChoiceField(
        label="规模", required=False, choices=[("", "全部规模"), *Campaign.Scale.choices]
    )
    kind = forms.ChoiceField(
        label="类型", required=False, choices=[("", "全部类型"), *Campaign.Kind.choices]
    )
    status = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *Campaign.Status.choices]
    )
    sort = forms.ChoiceField(
        label="排序",
        required=False,
        choices=[(key, sort.name) for key, sort in SORTS.items()],
    )

    def __init__(self, *args: Any, sees_all: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sees_all:  # the order of totals would tell what a store manager may not see
            del self.fields["sort"]
        self.fields["q"].widget.attrs["type"] = "search"

    def search(self) -> Search:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        return Search(
            text=given.get("q", "").strip(),
            scale=given.get("scale", ""),
            kind=given.get("kind", ""),
            status=given.get("status", ""),
            month=given.get("month"),
            sort=given.get("sort", ""),
        )


class ImportSearch(forms.Form):
    """The filters of the list of imports, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="文件名", required=False, max_length=100)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *SalesImport.State.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"

    def narrowed(self, imports: QuerySet[SalesImport]) -> QuerySet[SalesImport]:
        """Those of the imports that the filters leave."""
        self.is_valid()
        if text := self.cleaned_data.get("q", "").strip():
            imports = imports.filter(file_name__icontains=text)
        if state := self.cleaned_data.get("state"):
            imports = imports.filter(state=state)
        return imports


class UploadForm(forms.Form):
    """A sales file and the source it comes from."""

    file = forms.FileField(
        label="销售文件（CSV 或 XLSX）",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.xlsm"}),
        error_messages={
            "required": "请先选一个文件再上传。",
            "empty": "这个文件是空的：请重新导出后再试。",
            "missing": "没有收到文件：请重新选择后再上传。",
        },
    )
    source = forms.ChoiceField(label="来源", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = SourceMapping.objects.values_list("name", flat=True)
        self.fields["source"] = forms.ChoiceField(
            label="来源",
            required=False,
            choices=[("", "按表头自动识别"), *((name, name) for name in saved)],
        )


class WithdrawForm(forms.Form):
    """Why an import is withdrawn."""

    reason = forms.CharField(
        max_length=200,
        error_messages={
            "required": "请写明撤回的原因：它会留在操作记录里。",
            "max_length": "撤回的原因最多 200 个字：请写短一些。",
        },
    )
