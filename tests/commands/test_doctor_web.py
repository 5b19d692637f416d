"""`callward doctor` at the console's doors: real certificates, made here."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from commands.doctor_web import Door, examine_door

NOW = datetime.now(UTC)
DOOR = Door("[web]", "127.0.0.1", 1, "https://calls.clinic.example", None, None, True)


def made(folder: Path, name: str, *, first: int = -1, last: int = 90, dns: str = "calls.clinic.example") -> Door:
    """Make a certificate that is valid from and until so many days from now; return a door that has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns)])
    signed = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOW + timedelta(days=first))
        .not_valid_after(NOW + timedelta(days=last, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, secret = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
    secret.chmod(0o600)
    return replace(DOOR, certificate=chain, key=secret)


def told(door: Door) -> list[tuple[str, str]]:
    return [(finding.state, finding.text) for finding in examine_door(door, NOW.timestamp())]


def only(door: Door, state: str) -> str:
    """Return what is said in the one finding there is, without the folder."""
    (found,) = told(door)
    assert found[0] == state
    return found[1].rpartition("/")[2] if door.certificate else found[1]


def test_a_certificate_in_order_says_how_long_it_lasts(tmp_path: Path) -> None:
    assert only(made(tmp_path, "good"), "ok") == "good.pem: valid for 90 more days."


def test_one_that_ends_soon_should_have_been_renewed(tmp_path: Path) -> None:
    assert "should have been renewed by now" in only(made(tmp_path, "soon", last=12), "warn")


@pytest.mark.parametrize(("first", "last", "words"), [(-90, -1, "has expired"), (3, 90, "is not valid yet")])
def test_one_out_of_its_time_is_refused(first: int, last: int, words: str, tmp_path: Path) -> None:
    assert words in only(made(tmp_path, "wrong", first=first, last=last), "fail")


def test_one_for_another_name_says_for_which(tmp_path: Path) -> None:
    (_, well), (state, text) = told(made(tmp_path, "other", dns="mail.clinic.example"))
    assert "valid for" in well
    assert state == "fail"
    assert "is for mail.clinic.example, but browsers come by calls.clinic.example" in text


def test_a_key_of_another_certificate_is_named(tmp_path: Path) -> None:
    door, other = made(tmp_path, "one"), made(tmp_path, "two")
    assert "the key is not that of the certificate" in only(replace(door, key=other.key), "fail")


def test_files_that_are_not_there_or_no_certificate_are_said(tmp_path: Path) -> None:
    door = made(tmp_path, "gone")
    assert door.certificate is not None
    door.certificate.write_text("no certificate")
    assert "is no PEM" in only(door, "fail")
    door.certificate.unlink()
    assert "cannot be read (No such file or directory)" in only(door, "fail")


def test_a_key_that_others_can_read_is_said(tmp_path: Path) -> None:
    door = made(tmp_path, "open")
    assert door.key is not None
    door.key.chmod(0o644)
    assert [state for state, _ in told(door)] == ["warn", "ok"]


@contextmanager
def serving(door: Door) -> Iterator[int]:
    """Answer one TLS client with a door's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    assert door.certificate is not None
    context.load_cert_chain(door.certificate, door.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def answer() -> None:
            plain, _ = listening.accept()
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as client:
                client.recv(1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def test_a_renewed_certificate_that_is_not_served_yet_is_said(tmp_path: Path) -> None:
    old, new = made(tmp_path, "old"), made(tmp_path, "new")
    with serving(old) as port:
        assert [state for state, _ in told(replace(old, port=port))] == ["ok"]
    with serving(old) as port:
        well, (state, text) = told(replace(new, port=port))
    assert (well[0], state) == ("ok", "warn")
    assert f"port {port} serves another certificate" in text


def test_behind_a_proxy_its_certificate_and_the_trusted_addresses_are_looked_at(tmp_path: Path) -> None:
    with serving(made(tmp_path, "own", dns="localhost")) as port:
        refused = only(replace(DOOR, public_url=f"https://localhost:{port}"), "fail")
    assert "browsers refuse its certificate (self-signed certificate)" in refused
    states = [state for state, _ in told(replace(DOOR, public_url="https://localhost:1", has_proxies=False))]
    assert states == ["warn", "warn"]


def test_without_https_only_this_machine_is_safe() -> None:
    assert only(replace(DOOR, public_url=""), "ok").endswith("it needs no certificate.")
    assert "in the clear" in only(replace(DOOR, public_url="", host="192.0.2.7"), "fail")
