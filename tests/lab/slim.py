"""Pack only what the lab's Asterisk loads: the program, the listed modules, their libraries, a few prompts.

    python3 slim.py TREE ARCHIVE.tar.gz MODULES.conf

Needs nothing but Python: it runs before any virtual environment stands.
"""

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

LOADER = "/usr/lib64/ld-linux-x86-64.so.2"
PROGRAM = "/usr/sbin/asterisk"
MODULE_FOLDERS = ("/usr/lib/x86_64-linux-gnu/asterisk/modules", "/usr/lib/asterisk/modules")
SHARE = "/usr/share/asterisk"
PROMPTS = re.compile(r"(beep|beeperr|vm-options|vm-goodbye|vm-intro|pbx-.*|conf-onlyperson|queue-.*)\.gsm$")
DOCUMENTS = ("core-en_US.xml", "appdocsxml.xslt", "appdocsxml.dtd")


class Tree:
    """An unpacked root folder. Paths in it are written as they would be in the root, `/usr/...`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def at(self, path: str) -> Path:
        """Return where `path` of the tree lies on this machine."""
        return self.root / path.lstrip("/")

    def with_links(self, path: str) -> Iterator[str]:
        """Yield `path` and every file that it links to."""
        path = _merged(path)
        while self.at(path).is_symlink():
            yield path
            target = os.readlink(self.at(path))  # noqa: PTH115 (a relative link has to stay as it is)
            path = _merged(os.path.normpath(os.path.join(os.path.dirname(path), target)))  # noqa: PTH118, PTH120
        if self.at(path).exists():
            yield path

    def libraries(self, path: str) -> Iterator[str]:
        """Yield the shared libraries that the file at `path` needs."""
        search = f"{self.root}/usr/lib/x86_64-linux-gnu:{self.root}/usr/lib"
        command = [str(self.at(LOADER)), "--library-path", search, "--list", str(self.at(path))]
        listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        for found in re.findall(r"=> (/\S+)", listed):
            library = os.path.normpath(found)
            if not library.startswith(f"{self.root}/"):
                raise SystemExit(f"slim.py: {path} needs {library}, which is outside the tree; add its package.")
            yield library.removeprefix(str(self.root))

    def below(self, folder: str) -> Iterator[str]:
        """Yield the files and links under `folder`."""
        for file in self.at(folder).rglob("*"):
            if file.is_symlink() or file.is_file():
                yield "/" + str(file.relative_to(self.root))


def _merged(path: str) -> str:
    """Write `/lib/x` as `/usr/lib/x`: the tree's `/lib` is a link."""
    return "/usr" + path if path.startswith(("/lib/", "/lib64/")) else path


def wanted(tree: Tree, modules: list[str]) -> set[str]:
    """Return the paths to keep."""
    folder = next(name for name in MODULE_FOLDERS if tree.at(name).is_dir())
    present = [f"{folder}/{name}" for name in modules if tree.at(f"{folder}/{name}").exists()]
    binaries = [PROGRAM, LOADER, *present]
    needed = {library for path in binaries for library in tree.libraries(path)}
    languages = ("/en", "/en_US")
    prompts = [path for path in tree.below(f"{SHARE}/sounds") if PROMPTS.search(path) or path.endswith(languages)]
    documents = [path for path in tree.below(f"{SHARE}/documentation") if path.endswith(DOCUMENTS)]
    return {path for start in [*binaries, *needed, *prompts, *documents] for path in tree.with_links(start)}


def pack(tree: Tree, paths: set[str], archive: Path) -> None:
    """Write the archive, with the links of a merged /usr."""
    with tarfile.open(archive, "w:gz", compresslevel=6) as out:
        for name in ("bin", "sbin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            out.addfile(link)
        for path in sorted(paths):
            out.add(tree.at(path), path.lstrip("/"), recursive=False)


def main() -> None:
    """Read the command line and pack."""
    root, archive, modules_conf = (Path(argument).resolve() for argument in sys.argv[1:4])
    modules = re.findall(r"^load = (\S+)", modules_conf.read_text("utf-8"), re.MULTILINE)
    tree = Tree(root)
    pack(tree, wanted(tree, modules), archive)


if __name__ == "__main__":
    main()
