"""The log-in form, with its errors as sentences."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError


class LogInForm(AuthenticationForm):
    """User name and password; a wrong pair never says which of the two was wrong."""

    error_messages = {
        "invalid_login": "用户名或密码不对，请核对大小写后再试；忘了密码请找管理员重设。",
        "inactive": "这个账号已停用：如有疑问请联系管理员。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名"
        self.fields["password"].label = "密码"
        for name in ("username", "password"):
            self.fields[name].error_messages["required"] = (
                f"请填写{self.fields[name].label}后再登录。"
            )
        self.fields["username"].widget.attrs["autocapitalize"] = "none"

    def get_invalid_login_error(self) -> ValidationError:
        return ValidationError(self.error_messages["invalid_login"], code="invalid_login")
