"""The wheel: it holds everything, it runs without the checkout, and it takes one name in site-packages."""

import os
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
CHECKOUT_ONLY = {"tests", "bench", "docs", "deploy"}
"""Folders of the root that are no part of the product."""

HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]


@cache
def tracked() -> list[str]:
    """Return the files of the product that git knows; a copy without git is told to bring one."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


@cache
def packages() -> set[str]:
    return {name.split("/")[0] for name in tracked() if name.endswith("/__init__.py") and name.count("/") == 1} - (
        CHECKOUT_ONLY
    )


@cache
def modules() -> set[str]:
    return {name for name in tracked() if name.endswith(".py") and "/" not in name}


def in_wheel(name: str) -> str | None:
    """Return where a tracked file lies in the wheel, None if it does not belong there."""
    folder = name.split("/")[0]
    if name in modules():
        return f"callward/_root/{name}"
    if folder == "callward":
        return name
    return f"callward/_root/{name}" if folder in packages() else None


def test_the_wheel_is_told_of_every_package_and_module_of_the_root() -> None:
    assert packages() == set(HATCH["only-include"])
    assert {name: f"callward/_root/{name}" for name in packages() - {"callward"}} == HATCH["sources"]
    assert {name: f"callward/_root/{name}" for name in modules()} == HATCH["force-include"]


def test_no_other_distribution_owns_one_of_our_names() -> None:
    owners = packages_distributions()
    ours = packages() | {name.removesuffix(".py") for name in modules()}
    assert {name: owners[name] for name in sorted(ours) if set(owners.get(name, [])) - {"callward"}} == {}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of the tracked files only."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def needed() -> set[str]:
    """Return the names of the distributions that a plain installation of Callward brings, theirs included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: set[str] = set()
    asked = [Requirement(line) for line in project["dependencies"]]
    while asked:
        wanted = asked.pop()
        extras = wanted.extras or {""}
        key = f"{wanted.name.lower()}[{','.join(sorted(extras))}]"
        if key in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        found.add(key)
        for line in distribution(wanted.name).requires or []:
            theirs = Requirement(line)
            if theirs.marker is None or any(theirs.marker.evaluate({"extra": extra}) for extra in extras):
                theirs.marker = None
                asked.append(theirs)
    return {key.partition("[")[0] for key in found}


def lent(site: Path) -> None:
    """Let a clean environment see what the wheel needs, and nothing else of what is installed here."""
    for name in needed():
        lender = distribution(name)
        for top in {file.parts[0] for file in lender.files or []} - {"..", "__pycache__"}:
            whole = Path(str(lender.locate_file(top)))
            if whole.exists() and not (site / top).exists():
                (site / top).symlink_to(whole)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a clean environment: the wheel, and what it says that it needs."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    install = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--quiet", "--no-deps",
               "--no-index", "--disable-pip-version-check", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (site,) = folder.glob("lib/python*/site-packages")
    lent(site)
    return folder / "bin"


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def callward(installed: Path, folder: Path, *args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the installed program in `folder`, with no way back to the checkout."""
    return subprocess.run([str(installed / "callward"), *args], cwd=folder, env=environment(folder),
                          capture_output=True, text=True, timeout=timeout)


@pytest.mark.slow
def test_every_file_of_the_product_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {place for name in tracked() if (place := in_wheel(name))}
    assert wanted - packed == set(), "missing from the wheel"
    ours = {name for name in packed if not name.startswith("callward/")}
    assert ours == set(), "the wheel takes the name callward and no other"


@pytest.mark.slow
def test_help_of_every_command_works_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert "Commands:" in callward(installed, tmp_path, "--help").stdout
    program = f"""
import callward, contextlib, sys
from cli import main
for name in {list(COMMANDS)}:
    print("=", name)
    main([name, "--help"], prog_name="callward", standalone_mode=False)
print(*sorted({{module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)}}), sep="\\n",
      file=sys.stderr)
"""
    done = subprocess.run([str(installed / "python"), "-c", program], cwd=tmp_path, env=environment(tmp_path),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f"= {name}\nUsage: callward {name}" in done.stdout
    assert str(ROOT) not in "\n".join(line for line in done.stderr.splitlines() if "site-packages" not in line)


@pytest.mark.slow
def test_a_clinic_can_be_made_and_looked_at_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    given = ["--name", "K", "--country", "PL", "--timezone", "Europe/Warsaw", "--trunk", "t", "--phone", "1XX"]
    made = callward(installed, tmp_path, "init", "--yes", *given)
    assert made.returncode == 0, made.stderr
    listed = callward(installed, tmp_path, "calls", "list", "--json")
    assert (listed.returncode, listed.stdout.strip()) == (0, "[]"), listed.stderr


@pytest.mark.slow
def test_the_demo_starts_without_the_checkout_and_leaves_only_its_folder(installed: Path, tmp_path: Path) -> None:
    program = subprocess.Popen([str(installed / "callward"), "demo"], cwd=tmp_path, env=environment(tmp_path),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert program.stdout is not None
    first = program.stdout.readline()
    program.terminate()
    rest = program.communicate(timeout=60)[0]
    assert "Traceback" not in first + rest
    assert {path.name for path in tmp_path.iterdir()} <= {"demo-clinic"}


@pytest.mark.slow
def test_site_packages_gets_one_name(installed: Path) -> None:
    program = (
        "from importlib.metadata import files; "
        "print(*sorted({str(f).split('/')[0] for f in files('callward') if not str(f).startswith('..')}))"
    )
    done = subprocess.run([str(installed / "python"), "-c", program], cwd="/", capture_output=True, text=True)
    names = [name for name in done.stdout.split() if not name.endswith(".dist-info")]
    assert names == ["callward"]
