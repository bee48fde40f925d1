"""What a person fills in on the month page."""

from __future__ import annotations

from django import forms


class OverrideForm(forms.Form):
    """A problem that a manager lets pass, with the written reason."""

    code = forms.CharField(max_length=40, widget=forms.HiddenInput)
    campaign = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    store = forms.CharField(max_length=30, required=False, widget=forms.HiddenInput)
    subject = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="放行理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "写明为什么可以放行"}),
        error_messages={
            "required": "放行要写明理由：请填写后再提交。",
            "max_length": "理由最多 500 个字：请写短一些。",
        },
    )
