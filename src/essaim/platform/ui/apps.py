from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "essaim.platform.ui"

    def ready(self) -> None:
        from essaim.platform import audit

        audit.watch()
