"""Addresses: the SSRF guard, redirects, bounds, resumption. A local server stands for the producer's."""

import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from essaim.opendata import fetch as module
from essaim.opendata.fetch import FetchError, FetchLimits, check_address, fetch, is_public

CONTENT = b"code;value\n" + b"01001;1\n" * 40_000
OPEN = FetchLimits(private=True, seconds=10, idle_seconds=2)


class Producer(BaseHTTPRequestHandler):
    etag = '"v1"'
    cut_at: int | None = None
    ranges: list[str] = []

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        if self.path.startswith("/redirect"):
            self.send_response(302)
            self.send_header(
                "Location",
                {"/redirect": "/file.csv", "/redirect-in": "http://169.254.169.254/"}.get(
                    self.path, self.path
                ),
            )
            self.end_headers()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/hang":
            self.send_response(200)
            self.end_headers()
            threading.Event().wait(4)
            return
        self._send_file()

    def _send_file(self) -> None:
        start = 0
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range") == self.etag:
            self.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("ETag", self.etag)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.send_header("Content-Disposition", 'attachment; filename="../../Données 2024.CSV"')
        self.end_headers()
        self.wfile.write(CONTENT[start : self.cut_at])


@pytest.fixture
def server() -> Iterator[str]:
    Producer.etag, Producer.cut_at, Producer.ranges = '"v1"', None, []
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Producer)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_file_comes_with_its_hash_and_a_safe_name(server: str, tmp_path: Path) -> None:
    seen: list[int] = []
    got = fetch(
        f"{server}/file.csv", tmp_path, limits=OPEN, progress=lambda received, _: seen.append(received)
    )
    assert got.path == tmp_path / "Donnees-2024.csv" and got.path.read_bytes() == CONTENT
    assert (got.size, got.sha256) == (len(CONTENT), sha256(CONTENT).hexdigest())
    assert seen[-1] == len(CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["Donnees-2024.csv"]


def test_a_redirect_is_followed(server: str, tmp_path: Path) -> None:
    assert fetch(f"{server}/redirect", tmp_path, limits=OPEN).address == f"{server}/file.csv"


def test_a_redirect_to_a_private_address_is_refused(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_public", lambda ip: ip == "127.0.0.1")
    real = module.check_address
    monkeypatch.setattr(
        module, "check_address", lambda address, private: real(address, private and "127.0.0.1" in address)
    )
    with pytest.raises(FetchError, match="réseau privé"):
        fetch(f"{server}/redirect-in", tmp_path, limits=OPEN)


def test_endless_redirects_stop(server: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="trop de fois"):
        fetch(f"{server}/redirect-loop", tmp_path, limits=OPEN)


def test_an_interrupted_download_resumes(server: str, tmp_path: Path) -> None:
    Producer.cut_at = 100_000
    with pytest.raises(FetchError, match="n’a pas pu être lue"):
        fetch(f"{server}/file.csv", tmp_path, limits=OPEN)
    Producer.cut_at = None
    assert fetch(f"{server}/file.csv", tmp_path, limits=OPEN).path.read_bytes() == CONTENT
    assert Producer.ranges == ["bytes=100000-"]


def test_a_changed_file_starts_again(server: str, tmp_path: Path) -> None:
    Producer.cut_at = 100_000
    with pytest.raises(FetchError):
        fetch(f"{server}/file.csv", tmp_path, limits=OPEN)
    Producer.cut_at, Producer.etag = None, '"v2"'
    assert fetch(f"{server}/file.csv", tmp_path, limits=OPEN).path.read_bytes() == CONTENT
    assert Producer.ranges == []


def test_a_file_too_big_is_refused_before_it_is_received(server: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="dépasse"):
        fetch(f"{server}/file.csv", tmp_path, limits=FetchLimits(bytes=1000, private=True))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("path", "words"), [("/missing", "404"), ("/hang", "délai dépassé")])
def test_a_server_that_fails_is_told(server: str, tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        fetch(server + path, tmp_path, limits=FetchLimits(private=True, idle_seconds=1))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("file:///etc/passwd", "http"),
        ("ftp://exemple.fr/a.csv", "http"),
        ("gopher://127.0.0.1", "http"),
        ("http://", "http"),
        ("http://127.0.0.1/", "réseau privé"),
        ("http://localhost/", "réseau privé"),
        ("http://[::1]/", "réseau privé"),
        ("http://[::ffff:127.0.0.1]/", "réseau privé"),
        ("http://0.0.0.0/", "réseau privé"),
        ("http://2130706433/", "réseau privé"),
        ("http://10.1.2.3/", "réseau privé"),
        ("http://169.254.169.254/latest", "réseau privé"),
        ("http://193.252.19.3:22/", "port 22"),
        ("http://moi:secret@193.252.19.3/", "mot de passe"),
        ("http://[::1", "mal formée"),
    ],
)
def test_forbidden_addresses(address: str, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        check_address(address)


@pytest.mark.parametrize(
    "ip", ["64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%eth0", "fd00::1", "224.0.0.1", "100.64.0.1"]
)
def test_hidden_private_forms_are_not_public(ip: str) -> None:
    assert not is_public(ip)


def test_every_resolved_address_must_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", ("193.252.19.3", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(module.socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(FetchError, match="réseau privé"):
        check_address("http://double.exemple/")
