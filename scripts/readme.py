"""The outputs shown in the READMEs: ``python scripts/readme.py check FOLDER`` (or ``update``), with INSEE's file in it.

A block of ``essaim`` commands is followed by the block of what they print, both outputs together.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.fr.md")
PAIR = re.compile(r"```sh\n(essaim panel build.*?)```\n\n```text\n(.*?)```", re.DOTALL)


def printed(commands: str, data: Path) -> str:
    """What the commands print, run in a folder that holds the files of ``data``."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        for file in data.glob("sl_etc_*.xls"):
            (Path(folder) / file.name).symlink_to(file.resolve())
        command = ["bash", "-e", "-c", f"exec 2>&1\n{commands}"]
        run = subprocess.run(
            command, cwd=folder, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE, text=True
        )
    if run.returncode:
        sys.exit(f"{commands}{run.stdout}")
    return run.stdout


def main(action: str, data: Path) -> None:
    for readme in READMES:
        text = readme.read_text()
        true = PAIR.sub(lambda pair: pair[0].replace(pair[2], printed(pair[1], data)), text)
        if action == "update":
            readme.write_text(true)
        elif true != text:
            sys.exit(f"{readme.name} shows another output: python scripts/readme.py update {data}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
