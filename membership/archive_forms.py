"""What a person fills in on the pages of the participants' files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from campaigns.models import Campaign, Store
from membership.archives import Field
from membership.archiving import FileFacts
from membership.models import Participant

_KEPT = "已填 {}；不改就空着"


class FileForm(forms.Form):
    """A customer's file; of one that is there, name, phone and card show their masks only."""

    name = forms.CharField(label="姓名或称呼", required=False, max_length=40)
    phone = forms.CharField(label="电话", required=False, max_length=30)
    card = forms.CharField(label="会员卡号", required=False, max_length=60)
    store = forms.ModelChoiceField(
        Store.objects.all(), label="门店", required=False, empty_label="还不知道"
    )
    source = forms.ChoiceField(
        label="怎样来的",
        required=False,
        choices=[("", "还不知道"), *Participant.Source.choices],
    )
    consented_on = forms.DateField(
        label="哪天同意留资料",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="客户同意我们保存这些资料的那一天；没有问过就空着",
    )
    note = forms.CharField(label="备注", required=False, max_length=200)

    def __init__(
        self, data: Any = None, *, campaign: Campaign, file: Participant | None = None
    ) -> None:
        super().__init__(data, initial=_initial(file) if file else None)
        store: Any = self.fields["store"]
        store.queryset = _stores(campaign, file)
        for name, extra in (
            ("name", {}),
            ("phone", {"inputmode": "tel"}),
            ("card", {"inputmode": "numeric"}),
        ):
            self.fields[name].widget.attrs |= {"autocomplete": "off", **extra}
        if file:
            kept = {
                "name": file.name,
                "phone": file.phone,
                "card": file.member and file.member.card,
            }
            for name, value in kept.items():
                if value:
                    self.fields[name].widget.attrs["placeholder"] = _KEPT.format(value)

    def facts(self) -> FileFacts:
        """The file as filled in; call after ``is_valid``."""
        return FileFacts(**self.cleaned_data)


class RequiredForm(forms.Form):
    """Which fields a file must have."""

    required = forms.MultipleChoiceField(
        label="必填项",
        choices=[(each.value, each.label) for each in Field],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一项必填。"},
    )


def _initial(file: Participant) -> dict[str, object]:
    names = ("store", "source", "consented_on", "note")
    return {name: getattr(file, name) for name in names}


def _stores(campaign: Campaign, file: Participant | None) -> QuerySet[Store]:
    """The campaign's stores; those open on its first day when all take part."""
    if campaign.all_stores:
        stores: QuerySet[Store] = Store.objects.open_on(campaign.start)
    else:
        stores = Store.objects.filter(campaigns=campaign)
    if file and file.store_id:
        stores = Store.objects.filter(pk__in=[*stores.values_list("pk", flat=True), file.store_id])
    return stores.order_by("code")
