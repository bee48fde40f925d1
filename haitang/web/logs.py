"""What leaves the product by itself, log lines and error reports, names no card and no phone.

An exception often quotes the value that it met. Whoever reads logs needs the line, not the number.
"""

from __future__ import annotations

import logging

from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from haitang.kernel.masking import masked_numbers


class MaskingFormatter(logging.Formatter):
    """The usual line, traceback included, with long numbers masked."""

    def format(self, record: logging.LogRecord) -> str:
        return masked_numbers(super().format(record))


class MaskingExceptionReporter(ExceptionReporter):
    """Django's report of an unexpected error, with long numbers masked."""

    def get_traceback_html(self) -> SafeString:
        return SafeString(masked_numbers(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(masked_numbers(super().get_traceback_text()))
