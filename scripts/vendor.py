"""Bring the front-end files into ``ui/static/vendor``: unmodified, hashed, with their licence.

Run it when a version below changes: ``python scripts/vendor.py`` (needs npm).
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "src/essaim/platform/ui/static/vendor"
PACKAGES = {
    "bootstrap@5.3.8": ["dist/css/bootstrap.min.css", "dist/js/bootstrap.bundle.min.js", "LICENSE"],
    "maplibre-gl@5.6.0": [
        "dist/maplibre-gl-csp.js",  # the build whose worker is a file of its own, for a strict policy
        "dist/maplibre-gl-csp-worker.js",
        "dist/maplibre-gl.css",
        "LICENSE.txt",
    ],
}


def main() -> None:
    manifest = {}
    for package, files in PACKAGES.items():
        name = package.split("@")[0]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
            )
            with tarfile.open(Path(folder) / done.stdout.split()[-1]) as archive:
                for file in files:
                    member = archive.extractfile(f"package/{file}")
                    assert member, f"{file} is not in {package}"
                    content = member.read()
                    target = VENDOR / name / Path(file).name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
                    manifest[f"{name}/{target.name}"] = {
                        "package": package,
                        "sha256": hashlib.sha256(content).hexdigest(),
                    }
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
