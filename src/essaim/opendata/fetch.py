"""Download an address that a user gave, without letting it reach the machine's own network (SSRF guard).

Only http and https; each host is resolved once, every resolved address must be public, and the connection is
made to that checked address (so a name cannot change its answer in between); redirects pass the same check.
Size and time are bounded; an interrupted download resumes where it stopped when the server allows it.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from essaim.opendata.safety import MEGABYTE, french_size, safe_filename

_CHUNK = 1 << 18
_REDIRECTS = {301, 302, 303, 307, 308}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_USER_AGENT = "essaim (import de données ouvertes)"

Progress = Callable[[int, int | None], None]


class FetchError(ValueError):
    """An address that may not or could not be read; the message says how to mend it, in French."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds of one download. ``private``: let private addresses and any port through (tests, own servers)."""

    bytes: int = 4_000 * MEGABYTE
    seconds: float = 1_800.0
    idle_seconds: float = 30.0
    redirects: int = 5
    private: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded file, the address it finally came from, its name there, its size in bytes and its SHA-256."""

    path: Path
    address: str
    name: str
    size: int
    sha256: str


def fetch(
    address: str,
    folder: Path,
    *,
    limits: FetchLimits | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Download ``address`` into ``folder``. ``progress(received, expected)`` is called as bytes come.

    The file appears under its final name only when complete. A ``.part`` file left by an interrupted
    download of the same address is continued when the server's content did not change. Raises
    :class:`FetchError`.
    """
    limits = limits or FetchLimits()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
    tag = part.with_suffix(".etag")
    deadline = time.monotonic() + limits.seconds
    try:
        response, final = _open(address, limits, deadline, _resume_headers(part, tag))
        try:
            _receive(response, part, tag, limits, deadline, progress)
        finally:
            response.close()
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(
            f"L’adresse {address} n’a pas pu être lue ({_reason(error)}). "
            "Vérifiez-la dans un navigateur, puis réessayez."
        ) from error
    name = _name(response, final)
    target = folder / name
    part.replace(target)
    tag.unlink(missing_ok=True)
    return Fetched(target, final, name, target.stat().st_size, hash_file(target))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "délai dépassé"
    if isinstance(error, ssl.SSLError):
        return "certificat ou chiffrement refusé"
    return str(error) or type(error).__name__


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read by blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_address(address: str, private: bool = False) -> tuple[SplitResult, str]:
    """The parsed address and the IP address to connect to. Raises :class:`FetchError` when it is forbidden."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"L’adresse {address} est mal formée. Recopiez-la depuis le navigateur.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchError(f"L’adresse {address} ne commence pas par http:// ou https://. Corrigez-la.")
    if parts.username or parts.password:
        raise FetchError("L’adresse contient un identifiant ou un mot de passe. Retirez-les.")
    if port not in {None, 80, 443} and not private:
        raise FetchError(f"Le port {port} n’est pas permis. Donnez une adresse publique ordinaire.")
    default = 443 if parts.scheme == "https" else 80
    try:
        answers = socket.getaddrinfo(parts.hostname, port or default, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"Le serveur « {parts.hostname} » est introuvable. Vérifiez l’adresse.") from error
    found = [str(answer[4][0]) for answer in answers]
    if not private and not all(is_public(ip) for ip in found):
        raise FetchError(
            f"L’adresse {address} mène à un réseau privé : elle n’est pas permise. "
            "Donnez une adresse publique, ou envoyez le fichier."
        )
    return parts, found[0]


def is_public(ip: str) -> bool:
    """Whether an IP address belongs to the public Internet, also when hidden in an IPv6 form of IPv4.

    >>> is_public("193.252.19.3"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to a checked IP address that still speaks to the host by its name (header, certificate)."""

    def __init__(self, parts: SplitResult, ip: str, timeout: float) -> None:
        secure = parts.scheme == "https"
        super().__init__(parts.hostname or "", parts.port or (443 if secure else 80), timeout=timeout)
        self._ip, self._secure = ip, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self._ip, self.port), self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _open(
    address: str, limits: FetchLimits, deadline: float, headers: Mapping[str, str]
) -> tuple[http.client.HTTPResponse, str]:
    """The final answer after redirects, each of which is checked as the first address was."""
    for _ in range(limits.redirects + 1):
        parts, ip = check_address(address, limits.private)
        connection = _PinnedConnection(
            parts, ip, min(limits.idle_seconds, max(deadline - time.monotonic(), 0.1))
        )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "GET", path, headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **headers}
        )
        response = connection.getresponse()
        if response.status in _REDIRECTS and response.getheader("Location"):
            address = urljoin(address, response.getheader("Location", ""))
            response.close()
            continue
        if response.status not in {200, 206, 416}:
            response.close()
            raise FetchError(
                f"Le serveur a répondu {response.status} pour {address}. "
                "Le fichier a sans doute changé de place : cherchez-le sur la page de son producteur."
            )
        return response, address
    raise FetchError(f"L’adresse {address} renvoie trop de fois vers une autre. Donnez l’adresse finale.")


def _resume_headers(part: Path, tag: Path) -> dict[str, str]:
    """Ask for the rest of a partial file, only if it is still the same content there."""
    if part.exists() and tag.exists() and part.stat().st_size > 0:
        return {"Range": f"bytes={part.stat().st_size}-", "If-Range": tag.read_text()}
    return {}


def _receive(
    response: http.client.HTTPResponse,
    part: Path,
    tag: Path,
    limits: FetchLimits,
    deadline: float,
    progress: Progress | None,
) -> None:
    if response.status == 416:  # nothing remains: the partial file is the whole file, or another one
        part.unlink(missing_ok=True)
        tag.unlink(missing_ok=True)
        raise FetchError("Le téléchargement interrompu ne peut pas reprendre : relancez-le depuis le début.")
    resumed = response.status == 206
    received = part.stat().st_size if resumed else 0
    expected = None if response.length is None else received + response.length
    if expected is not None:
        _check_size(expected, limits)
    strong = response.getheader("ETag", "")
    if strong and not strong.startswith("W/"):
        tag.write_text(strong)
    else:
        tag.unlink(missing_ok=True)
    with part.open("ab" if resumed else "wb") as output:
        while chunk := response.read1(_CHUNK):
            received += len(chunk)
            _check_size(received, limits)
            if time.monotonic() > deadline:
                raise FetchError(
                    f"Le téléchargement dure plus de {limits.seconds:.0f} s : relancez-le, ou envoyez le fichier."
                )
            output.write(chunk)
            if progress:
                progress(received, expected)
    if expected is not None and received < expected:
        raise http.client.IncompleteRead(b"", expected - received)


def _check_size(size: int, limits: FetchLimits) -> None:
    if size > limits.bytes:
        raise FetchError(
            f"Le fichier dépasse {french_size(limits.bytes)}. Téléchargez-le vous-même et gardez la partie utile."
        )


def _name(response: http.client.HTTPResponse, address: str) -> str:
    disposition = response.headers.get_filename()
    return safe_filename(disposition or unquote(urlsplit(address).path) or "donnees", fallback="donnees")
