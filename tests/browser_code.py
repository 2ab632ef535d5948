"""Types and lint of the browser code: python tests/browser_code.py

tsc and ESLint come from npm, for developers only (package.json; ``npm ci`` fetches them). Where
they are not there the check says so and goes on; in CI it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

TOOLS = {
    "types": ("node_modules/typescript/bin/tsc", "--project", "assets/jsconfig.json"),
    "lint": ("node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "assets", "tests"),
}


def missing() -> str | None:
    """What is lacking, as a sentence; None where all is there."""
    if shutil.which("node") is None:
        return "Node is not installed: tsc and ESLint cannot look at the browser code."
    if not all((ROOT / tool[0]).exists() for tool in TOOLS.values()):
        return "`npm ci` has not been run here: tsc and ESLint are not there to look at it."
    return None


def main() -> int:
    """Run both; 0 if they found nothing, or cannot run outside CI."""
    lacking = missing()
    if lacking is not None:
        print(lacking)
        return 1 if os.environ.get("CI", "").lower() == "true" else 0
    node = shutil.which("node") or "node"
    codes = [
        subprocess.run([node, *tool], cwd=ROOT, check=False).returncode for tool in TOOLS.values()
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
