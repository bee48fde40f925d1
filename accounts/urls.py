"""Addresses of log-in and log-out."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.LogIn.as_view(), name="login"),
    path("logout/", login_not_required(views.LogOut.as_view()), name="logout"),
]
