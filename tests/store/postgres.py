"""A PostgreSQL server of our own for the tests: made in a temporary folder, stopped and removed at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoServerError(Exception):
    """No server can be started here; the text says why."""


def _programs() -> Path:
    """Give the folder of `initdb`: on the PATH, or where Debian keeps it, newest first."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    if not folders:
        raise NoServerError("initdb was not found; `apt-get install postgresql` brings it")
    return folders[-1]


def _user() -> str | None:
    """Give the user to run as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise NoServerError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


@contextmanager
def server() -> Iterator[str]:
    """Start a server on a socket in its own folder; give the address to connect to. Raises NoServerError."""
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="callward-pg-"))
    data = folder / "data"
    if user is not None:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(data), *arguments]
        done = subprocess.run(
            command, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise NoServerError(f"{program} failed: {done.stderr.strip()}")

    try:
        run("initdb", "--username=callward", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        options = (
            f"-k {folder} -c listen_addresses='' -c max_connections=50 -c fsync=off -c synchronous_commit=off"
            " -c full_page_writes=off -c autovacuum=off -c jit=off"
            " -c dynamic_shared_memory_type=mmap"  # in its own folder: what it has in /dev/shm would stay
        )
        run("pg_ctl", "--wait", "--log", str(folder / "log"), "--options", options, "start")
        try:
            yield f"postgresql:///postgres?host={folder}&user=callward"
        finally:
            run("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def of_database(address: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return address.replace("///postgres?", f"///{name}?")
