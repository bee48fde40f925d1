"""What a view says of a deed on the page that comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from haitang.kernel.errors import Refusal


@contextmanager
def refusal_told(request: HttpRequest, *, only: type[Refusal] = Refusal) -> Iterator[None]:
    """A refusal ends the block and is told on the next page; what is not ``only`` goes on up."""
    try:
        yield
    except only as refusal:
        messages.error(request, str(refusal))
