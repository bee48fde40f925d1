"""Log-in and log-out."""

from __future__ import annotations

from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from accounts.forms import LogInForm


class LogIn(views.LoginView):
    """The way in; who is in already goes on to the start page."""

    template_name = "accounts/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True


class LogOut(views.LogoutView):
    """The way out; also for someone whose session has ended meanwhile."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
        """An address typed by hand logs nobody out."""
        return redirect("home")
