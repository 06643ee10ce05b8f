"""Put uv in ``.tools`` with what Python itself ships: ``python3 scripts/get_uv.py``.

A virtual environment with its own pip takes several seconds to build and would serve once. Python's ``ensurepip``
holds a pip wheel for that purpose: it is unpacked beside the interpreter, and installs uv.
"""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

TOOLS = Path(".tools")
SHIPPED = (  # where Python keeps its pip wheel, and where Debian does
    Path(venv.__file__).parents[1] / "ensurepip/_bundled",
    Path("/usr/share/python-wheels"),
)


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs before there is an environment
        sys.exit(f"Essaim demande Python 3.11 ou plus récent ; ceci est Python {sys.version.split()[0]}.")
    wheels = [wheel for folder in SHIPPED for wheel in sorted(folder.glob("pip-*.whl"))]
    if not wheels:
        sys.exit("Il manque à Python son module « venv ». Sous Debian : apt install python3-venv")
    venv.create(TOOLS, clear=True, symlinks=True)  # without pip
    packages = next(TOOLS.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheels[-1]) as wheel:
        wheel.extractall(packages)
    command = [
        TOOLS / "bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "uv>=0.9,<1",
    ]
    if subprocess.run(command).returncode:
        sys.exit(
            "uv n’a pas pu être installé (message de pip ci-dessus) : la première fois, il faut le réseau."
        )


if __name__ == "__main__":
    main()
