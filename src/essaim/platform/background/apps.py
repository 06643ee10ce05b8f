from django.apps import AppConfig


class BackgroundConfig(AppConfig):
    name = "essaim.platform.background"
