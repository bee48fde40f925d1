"""Migrations from nothing in half the time: a model that is new is rendered alone.

For each new model Django renders all models anew that are related to it, however far. Nothing can
be related to a model that has not been there, so that the others may stay as they are.
"""

from __future__ import annotations

from django.db.migrations.state import ProjectState


def render_new_models_alone() -> None:
    """From now on, in this process."""
    reload_model = ProjectState.reload_model

    def reload(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
        rendered = "apps" in self.__dict__
        if rendered and model_name not in self.apps.all_models[app_label]:
            self.apps.render_multiple([self.models[app_label, model_name]])
        else:
            reload_model(self, app_label, model_name, delay)

    ProjectState.reload_model = reload  # type: ignore[method-assign]
