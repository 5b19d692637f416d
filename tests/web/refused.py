"""Every sentence by which the rules refuse something, read from the source, as the pages say it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from web.refusals import PAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("pbx", "patients", "tracking", "callbacks", "reports", "web", "filling.py", "ledger.py")
ENGLISH = (
    "patients/encodings", "patients/fhir", "patients/rejects", "patients/tables", "patients/vcard_import",
    "tracking/appointments", "tracking/conversions/", "tracking/exports", "tracking/spend", "pbx/journal_writer",
    "reports/report", "web/api/reports",
)  # fmt: skip
"""Imports, files for platforms, the journal's writer, and what no page can ask of a report: the command line, the API
and the log alone tell what these refuse, and they do so in English."""


def modules() -> Mapping[str, ast.Module]:
    """Return every module whose refusals reach a page, by its path."""
    found = {}
    for folder in FOLDERS:
        for file in [ROOT / folder] if folder.endswith(".py") else sorted((ROOT / folder).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if not name.startswith(ENGLISH):
                found[name] = ast.parse(file.read_text("utf-8"))
    return found


def classes(trees: Mapping[str, ast.Module]) -> Mapping[str, bool]:
    """Return the names of all kinds of refusal, each with whether it makes its sentence itself."""
    found = {"Refusal": False}
    defined = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    more = True
    while more:
        new = {node.name: any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body)
               for node in defined if node.name not in found
               and any(isinstance(base, ast.Name) and base.id in found for base in node.bases)}  # fmt: skip
        more, found = bool(new), found | new
    return found


def made() -> Iterator[tuple[str, ast.Call]]:
    """Yield every place where a sentence or a part of one is made: file and line, and the call."""
    trees = modules()
    kinds = classes(trees)
    plain = {name for name, own in kinds.items() if not own} | {"Words"}
    for file, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in plain:
                yield f"{file}:{node.lineno}", node
            if isinstance(node, ast.ClassDef) and kinds.get(node.name):
                yield from ((f"{file}:{part.lineno}", part) for part in ast.walk(node) if isinstance(part, ast.Call)
                            and ast.unparse(part.func) == "super().__init__")  # fmt: skip


def sentences() -> dict[str, str]:
    """Return every sentence as pages say it (in English), with the place where it is made."""
    found = {}
    for place, call in made():
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value:
            text = str(call.args[0].value)
            found[PAGES.get(text, text)] = place
    return found
