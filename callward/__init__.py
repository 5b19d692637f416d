"""Callward, installed: one name in site-packages.

The packages (`pbx`, `store`, `patients`, ...) live in the repository's root and, in a wheel, under
`callward/_root/`. Importing `callward` puts that folder on the path; nothing else happens here.
"""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
ROOT = _HERE / "_root" if (_HERE / "_root" / "pbx").is_dir() else _HERE.parent

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

__version__ = "0.1.0"
