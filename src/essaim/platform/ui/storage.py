"""Hashed static files, vendored ones unmodified."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Follow ``url()`` in style sheets only: the source maps that vendored files name are not shipped.
_STYLE_SHEETS = (("*.css", (r"""(?P<matched>url\((?P<quote>['"]{0,1})\s*(?P<url>.*?)(?P=quote)\))""",)),)


class StaticStorage(ManifestStaticFilesStorage):
    """For a laptop: collecting takes a second."""

    patterns = _STYLE_SHEETS


class CompressedStaticStorage(CompressedManifestStaticFilesStorage):
    """For a server: compressed once, when the files are collected."""

    patterns = _STYLE_SHEETS
