from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "haitang.policy"
    label = "policy"
    verbose_name = "制度"
