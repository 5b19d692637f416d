"""Who may import whom, and which modules stay pure: read from the source, including imports inside functions."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "callward": {"cli"},
    "pbx": set(),
    "store": set(),
    "notify": set(),
    "dialplan": set(),
    "patients": {"store"},
    "tracking": {"patients", "store"},
    "callbacks": {"patients", "store", "notify"},
    "reports": {"store", "notify"},
    "settings": set(),
    "refusals": set(),
    "intake": {"pbx", "patients", "tracking", "callbacks", "store"},
    "replay": {"pbx", "store", "intake"},
    "filling": {"pbx", "store", "intake"},
    "gaps": {"pbx", "store", "intake", "filling"},
    "ledger": {"pbx", "tracking", "store", "filling"},
    "unstored": {"pbx", "store"},
    "deliveries": {"store", "notify"},
    "listener": {"pbx", "patients", "tracking", "callbacks", "store", "notify", "intake", "unstored", "settings"},
    "wiring": {"pbx", "patients", "tracking", "callbacks", "reports", "store", "notify", "intake", "filling",
               "listener", "deliveries", "settings"},
    "demo": {"pbx", "patients", "tracking", "callbacks", "reports", "dialplan", "store", "notify", "intake",
             "listener", "replay", "gaps", "wiring", "settings", "web"},
    "web": {"callward", "pbx", "patients", "tracking", "callbacks", "reports", "store", "notify", "intake", "listener"},
    "commands": {"callward", "pbx", "patients", "tracking", "callbacks", "reports", "dialplan", "store", "notify",
                 "intake", "listener", "replay", "filling", "gaps", "ledger", "deliveries", "wiring", "settings",
                 "demo", "web"},
    "cli": {"callward", "commands"},
}
"""Each package or module of the root: the others of ours that it may import."""

VOCABULARY = {"refusals", "pbx.calls", "patients.phones", "tracking.journey", "tracking.pool_size"}
"""Types and names that everybody but the store may use."""

PURE = ["pbx/frames", "pbx/events", "pbx/calls", "pbx/tracker", "patients/phones", "patients/match",
        "tracking/attribution", "tracking/leasing", "tracking/sources", "tracking/pool_size", "web/public/words",
        "callbacks/rules", "callbacks/calendar", "callbacks/alert_episodes",
        "callbacks/text_words", "notify/backoff", "pbx/members", "pbx/backfill/cel", "pbx/backfill/cdr",
        "pbx/backfill/queue_log", "pbx/backfill/folding", "pbx/backfill/layouts", "pbx/backfill/moments",
        "pbx/backfill/rows", "tracking/appointments_made", "tracking/journey", "tracking/conversions/rules",
        "tracking/conversions/forms", "tracking/conversions/google", "tracking/conversions/microsoft",
        "tracking/conversions/yandex", "tracking/conversions/ga4"]
"""Modules (or folders of them) that are functions of their arguments alone."""

IMPURE = {"time", "asyncio", "socket", "sqlite3", "threading", "subprocess", "random", "os", "psycopg"}


def sources() -> list[Path]:
    """Return every Python file of the product."""
    files = [ROOT / f"{name}.py" for name in MAY_IMPORT if (ROOT / f"{name}.py").exists()]
    for name in MAY_IMPORT:
        files += sorted((ROOT / name).rglob("*.py"))
    return files


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted module) of every import of a file, wherever it stands."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: write imports from the root, not relative ones"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def owner(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def allowed(importer: str, module: str) -> bool:
    package = module.split(".")[0]
    if package not in MAY_IMPORT or package == importer or package in MAY_IMPORT[importer]:
        return True
    return importer != "store" and any(module == word or module.startswith(f"{word}.") for word in VOCABULARY)


def called(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, last two names) of every dotted call of a file: `datetime.now` of `datetime.datetime.now()`."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, ".".join(ast.unparse(node.func).split(".")[-2:])


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_what_its_folder_may(file: Path) -> None:
    wrong = [f"line {line}: {module}" for line, module in imports(file) if not allowed(owner(file), module)]
    assert not wrong, f"{owner(file)} may import {sorted(MAY_IMPORT[owner(file)]) or 'nothing of ours'}"


def test_every_package_of_the_root_has_its_line_in_the_table() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "docs"}
    modules = {path.stem for path in ROOT.glob("*.py")}
    assert packages | modules <= set(MAY_IMPORT)


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_knows_no_clock_no_network_and_no_store(name: str) -> None:
    files = [*(ROOT / name).rglob("*.py"), *ROOT.glob(f"{name}.py")]
    assert files, f"{name} is gone"
    for file in files:
        wrong = [f"line {line}: {module}" for line, module in imports(file) if module.split(".")[0] in IMPURE]
        wrong += [f"line {line}: {call}" for line, call in called(file) if call in
                  {"datetime.now", "datetime.today", "datetime.utcnow", "date.today", "Path.open", "Path.read_text"}]
        assert not wrong, f"{file.relative_to(ROOT)} is pure; `now` is an argument"


@pytest.mark.parametrize("module", ["cli", "commands.common"])
def test_the_command_line_starts_without_heavy_imports(module: str) -> None:
    heavy = ["pandas", "sqlite_utils", "phonenumbers", "aiohttp", "pydantic", "rich"]
    program = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
