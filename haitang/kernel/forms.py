"""Form fields that more than one app has."""

from __future__ import annotations

from typing import Any

from django import forms

from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid


class MonthField(forms.CharField):
    """``2026-10`` as a Month; None when it may be empty and is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=7, widget=forms.TextInput(attrs={"type": "month"}), **kwargs)

    def clean(self, value: Any) -> Month | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Month.parse(text)
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error
