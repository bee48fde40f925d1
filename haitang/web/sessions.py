"""Sessions in the database, as Django keeps them; read by a question that is written once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from haitang.kernel.prepared import prepared


class SessionStore(DatabaseStore):
    """Django's own, whose session is asked for at every request."""

    def _get_session_from_db(self) -> Session | None:
        found = _running.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found


@prepared
def _running(*, key: Any, now: Any) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
