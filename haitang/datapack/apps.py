from django.apps import AppConfig


class DatapackConfig(AppConfig):
    name = "haitang.datapack"
    label = "datapack"
    verbose_name = "数据包"
