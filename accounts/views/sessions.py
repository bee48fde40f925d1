"""Log-in, log-out and one's own password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash, views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import LogInForm, OwnPasswordForm
from accounts.models import User
from accounts.rules import allow, anyone, person
from accounts.services import change_password
from haitang.kernel import clock
from haitang.kernel.errors import Refusal


class LogIn(views.LoginView):
    """The way in; who is in already goes on to the start page."""

    template_name = "accounts/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Within WeChat one's own WeChat may serve to log in; a new house hears how to begin."""
        within = "MicroMessenger" in self.request.headers.get("User-Agent", "")
        return super().get_context_data(
            by_wechat=within and bool(settings.WECHAT_APP_ID),
            has_nobody=not User.objects.exists(),
            **kwargs,
        )


class LogOut(views.LogoutView):
    """The way out; also for someone whose session has ended meanwhile."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
        """An address typed by hand logs nobody out."""
        return redirect("home")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@allow(anyone)
def password(request: HttpRequest) -> HttpResponse:
    """One's own new password; other devices are logged out with it."""
    user = person(request)
    is_first = user.must_change_password
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_password(user=user, password=form.cleaned_data["new_password1"], now=clock.now())
        except Refusal as refusal:
            form.add_error("new_password1", str(refusal))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "密码已修改；别的设备上的登录都已失效。")
            return redirect("home")
    return render(request, "accounts/password.html", {"form": form, "is_first": is_first})
