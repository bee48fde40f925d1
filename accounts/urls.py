"""Addresses of log-in, people, tenures, posts, departments and deputies."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from accounts.views import deputies, people, posts, saved_views, sessions, tenures, tokens

urlpatterns = [
    path("login/", sessions.LogIn.as_view(), name="login"),
    path("logout/", login_not_required(sessions.LogOut.as_view()), name="logout"),
    path("password/", sessions.password, name="password"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/roles/", posts.posts, name="posts"),
    path("people/roles/stores/", posts.store_posts, name="store-posts"),
    path("people/departments/", posts.departments, name="departments"),
    path("people/departments/add/", posts.department_add, name="department-add"),
    path("people/departments/<int:pk>/", posts.department, name="department"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/change/", people.person_change, name="person-change"),
    path("people/<int:pk>/reset-password/", people.person_reset, name="person-reset"),
    path("people/<int:pk>/close/", people.person_close, name="person-close"),
    path("people/<int:pk>/reopen/", people.person_reopen, name="person-reopen"),
    path("people/<int:pk>/tenures/", tenures.tenure_add, name="tenure-add"),
    path("people/tenures/<int:pk>/", tenures.tenure_page, name="tenure"),
    path("people/tenures/<int:pk>/end/", tenures.tenure_end, name="tenure-end"),
    path("people/tenures/<int:pk>/remove/", tenures.tenure_remove, name="tenure-remove"),
    path("deputies/", deputies.deputies, name="deputies"),
    path("deputies/<int:pk>/end/", deputies.deputy_end, name="deputy-end"),
    path("tokens/", tokens.token_list, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("saved-views/", saved_views.save, name="saved-view-save"),
    path("saved-views/<int:pk>/delete/", saved_views.delete, name="saved-view-delete"),
]
