"""Accounts: every write goes through here."""

from essaim.platform.accounts.models import User


def update_profile(user: User, *, name: str, language: str) -> User:
    user.name, user.language = name, language
    user.full_clean()
    user.save()
    return user
