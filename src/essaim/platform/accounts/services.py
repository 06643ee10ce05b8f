"""Accounts: every write goes through here."""

from essaim.platform.accounts.models import User


def open_account(email: str, *, name: str, password: str) -> User:
    """An account opened by whoever installs the site; everybody else enters by invitation."""
    return User.objects.create_user(email, password, name=name)


def update_profile(user: User, *, name: str, language: str) -> User:
    user.name, user.language = name, language
    user.full_clean()
    user.save()
    return user
