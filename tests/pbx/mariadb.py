"""A throw-away MariaDB of the tests: Debian's server in a temporary folder, reached by its socket alone."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_PATIENCE_S = 60.0
_UNPRIVILEGED = "nobody"


class NoServerError(Exception):
    """Nothing to test with, and why."""


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of an empty database called asteriskcdrdb. Raises NoServerError."""
    daemon = shutil.which("mariadbd") or ("/usr/sbin/mariadbd" if Path("/usr/sbin/mariadbd").exists() else None)
    install = shutil.which("mariadb-install-db")
    if daemon is None or install is None:
        raise NoServerError("MariaDB is not installed; apt-get install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="callward-mariadb-", dir="/tmp"))
    user = _UNPRIVILEGED if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    try:
        if os.getuid() == 0:
            shutil.chown(folder, user)
        yield from _running(folder, user, daemon, install)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(folder: Path, user: str, daemon: str, install: str) -> Iterator[str]:
    data, socket, log = folder / "data", folder / "socket", folder / "log"
    # A folder for temporary tables of its own: two servers that share /tmp remove each other's.
    common = ["--no-defaults", f"--datadir={data}", f"--user={user}", f"--tmpdir={folder}"]
    made = subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True, text=True, check=False, cwd=folder,
    )
    if made.returncode:
        raise NoServerError(f"mariadb-install-db failed: {made.stderr[-500:] or made.stdout[-500:]}")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [daemon, *common, f"--socket={socket}", "--skip-networking", f"--pid-file={folder / 'pid'}",
             "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0"],
            stdout=out, stderr=out, cwd=folder,
        )
    try:
        _wait(process, socket, log)
        yield f"mysql://root@localhost/asteriskcdrdb?unix_socket={quote(str(socket), safe='')}"
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _wait(process: "subprocess.Popen[bytes]", socket: Path, log: Path) -> None:
    import pymysql

    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection = pymysql.connect(user="root", unix_socket=str(socket))
        except pymysql.MySQLError:
            if process.poll() is not None or time.monotonic() > until:
                raise NoServerError(f"MariaDB did not start: {log.read_text('utf-8', 'replace')[-800:]}") from None
            time.sleep(0.1)
            continue
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE asteriskcdrdb CHARACTER SET utf8mb4")
        return
