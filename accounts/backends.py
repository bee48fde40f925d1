"""Who may log in: an open account with the right password, not too often wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import throttle
from accounts.models import User
from haitang.kernel import clock
from haitang.kernel.prepared import prepared


class AccountBackend(ModelBackend):
    """Django's, with the last day of an account and with throttling for every way of logging in.

    A session of an account that has been closed ends with the next request. The log-in form reads
    on the request why it was refused: ``log_in_wait_until`` or ``log_in_closed``.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        address = request.META.get("REMOTE_ADDR", "") if request else ""
        wait_until = throttle.count_try(username, address, now=clock.now())
        if wait_until:
            _say(request, "log_in_wait_until", wait_until)
            raise PermissionDenied
        user = User.objects.filter(username=username).first()
        if user is None:
            User().set_password(password)  # as slow as for a name that exists
            return None
        if not user.check_password(password):
            return None
        throttle.succeed(username, address)
        if not self.user_can_authenticate(user):
            _say(request, "log_in_closed", user)
            return None
        return user

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session; None once the account is closed or gone."""
        user = _by_key.first(pk=int(user_id))
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Whether the account is open today; also asked for every request of a session."""
        return isinstance(user, User) and user.may_enter(clock.business_day(clock.now()))


@prepared
def _by_key(*, pk: Any) -> QuerySet[User]:
    return User.objects.filter(pk=pk)


def _say(request: HttpRequest | None, name: str, value: datetime | User) -> None:
    if request is not None:
        setattr(request, name, value)
