"""Model fields of the kernel."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from haitang.kernel.errors import Invalid
from haitang.kernel.money import exact

if TYPE_CHECKING:
    TextColumn = models.CharField[Fraction | str | int, Fraction]
else:
    TextColumn = models.CharField


class FractionField(TextColumn):
    """An exact ratio, kept as text (``1/3``) and handed out as a ``Fraction``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: object) -> Fraction | None:
        return None if value is None else Fraction(value)

    def to_python(self, value: object) -> Fraction | None:
        if value is None or isinstance(value, Fraction):
            return value
        try:
            return exact(value)
        except Invalid as error:
            raise ValidationError(error.sentence) from error

    def get_prep_value(self, value: object) -> str | None:
        return None if value is None else str(exact(value))

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))
