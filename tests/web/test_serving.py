"""The console on a real port: by `callward web`, beside the listener, and by HTTPS with a certificate of its own."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from intake import Clinic
from store import open_store
from tests.callbacks.clinic import CONTEXT, WARSAW
from tests.commands.clinic import Clinic as Folder
from tests.web.house import CONFIG
from web import app as application
from web.app import Certificate, Ground, make_app, serve

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(folder: Path, port: int, certificate: Certificate | None = None, *, patient: bool = False
                 ) -> AsyncIterator["asyncio.Task[None]"]:  # fmt: skip
    """Serve a console with an empty store; `serve` itself is what runs."""
    with open_store(folder / "callward.db") as store, store.writer() as writer:
        config = replace(CONFIG, port=port, encrypts=certificate is not None)
        console = make_app(config, Ground(store, writer, Clinic(WARSAW, CONTEXT), lambda: 0))
        task = asyncio.create_task(serve(console, certificate, patient=patient))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def fetched(url: str, tls: ssl.SSLContext | bool = True) -> int:
    """Ask until it is there; return the status."""
    async with asyncio.timeout(PATIENCE_S), ClientSession() as http:
        while True:
            with suppress(ClientError, OSError):
                async with http.get(url, ssl=tls) as answer:
                    return answer.status
            await asyncio.sleep(0.05)


def made_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "callward.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files = Certificate(folder / "chain.pem", folder / "key.pem")
    files.chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption()))
    return files


async def test_with_a_certificate_it_is_served_by_https(tmp_path: Path) -> None:
    files, port = made_certificate(tmp_path), free_port()
    async with served(tmp_path, port, files):
        trusting = ssl.create_default_context(cafile=files.chain)
        assert await fetched(f"https://127.0.0.1:{port}/login", trusting) == 200
        async with ClientSession() as http, http.get(f"https://127.0.0.1:{port}/login", ssl=trusting) as answer:
            assert "__Host-callward-guest" in answer.headers["Set-Cookie"]


async def test_a_renewed_certificate_is_taken_up_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "_RENEWED_S", 0.02)
    files, port = made_certificate(tmp_path), free_port()
    async with served(tmp_path, port, files):
        assert await fetched(f"https://127.0.0.1:{port}/login", ssl.create_default_context(cafile=files.chain)) == 200
        made_certificate(tmp_path)
        renewed = ssl.create_default_context(cafile=files.chain)  # `fetched` asks until it is the new one
        assert await fetched(f"https://127.0.0.1:{port}/login", renewed) == 200


async def test_a_certificate_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    async with served(tmp_path, free_port(), Certificate(tmp_path / "none.pem", tmp_path / "none.key")) as task:
        with pytest.raises(OSError, match="No such file"):
            await asyncio.wait_for(asyncio.shield(task), PATIENCE_S)


async def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        async with served(tmp_path, other.getsockname()[1]) as task:
            with pytest.raises(OSError, match="in use"):
                await asyncio.wait_for(asyncio.shield(task), PATIENCE_S)


async def test_beside_the_listener_it_waits_until_the_port_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(application, "_AGAIN_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with served(tmp_path, port, patient=True):
            async with asyncio.timeout(PATIENCE_S):
                while "it is tried again" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                    await asyncio.sleep(0.02)
            other.close()
            assert await fetched(f"http://127.0.0.1:{port}/login") == 200


@pytest.mark.slow
def test_callward_web_serves_a_link_that_users_add_printed_and_ends_when_told(tmp_path: Path) -> None:
    clinic, port = Folder(tmp_path), free_port()
    toml = (tmp_path / "clinic.toml").read_text("utf-8")
    clinic.write("clinic.toml", f"{toml}\n[web]\nport = {port}\n")
    printed = clinic.text("users", "add", "anna", "--role", "receptionist")
    link = next(line.strip() for line in printed.splitlines() if "/enter/" in line)
    command = [sys.executable, str(ROOT / "cli.py"), "--config", str(tmp_path / "clinic.toml"), "web"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        assert asyncio.run(fetched(link)) == 200
        assert asyncio.run(fetched(f"http://127.0.0.1:{port}/")) == 401
    finally:
        program.send_signal(signal.SIGTERM)
        said = program.communicate(timeout=PATIENCE_S)[0]
    assert program.returncode == 0, said
    assert link.rsplit("/", 1)[1] not in said, "the link is in the log"
