"""What a person fills in on the pages of campaigns and imports."""

from __future__ import annotations

from django import forms

from campaigns.models import Campaign
from campaigns.selectors import Search
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid


class CampaignSearch(forms.Form):
    """The filters of the list, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="编号或名称", required=False, max_length=100)
    month = forms.CharField(label="月份", required=False, max_length=7)
    scale = forms.ChoiceField(
        label="规模", required=False, choices=[("", "全部规模"), *Campaign.Scale.choices]
    )
    kind = forms.ChoiceField(
        label="类型", required=False, choices=[("", "全部类型"), *Campaign.Kind.choices]
    )
    status = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *Campaign.Status.choices]
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["q"].widget.attrs["type"] = "search"
        self.fields["month"].widget = forms.TextInput(attrs={"type": "month"})

    def clean_month(self) -> Month | None:
        text = self.cleaned_data["month"]
        if not text:
            return None
        try:
            return Month.parse(text)
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error

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
        )
