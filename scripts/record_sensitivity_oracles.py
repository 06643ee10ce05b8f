"""Record what moderndid 0.2.0 (MIT) finds on the vectors of the sensitivity tests.

Only its smoothness intervals: under relative magnitudes, version 0.2.0 leaves one of the changes before opening
out of the union, unlike the article and HonestDiD. Run in an environment that has ``moderndid[didhonest]``, from
the repository:
``python -m scripts.record_sensitivity_oracles tests/reference/data/sensitivity_oracles.json``
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from moderndid.didhonest.fixed_length_ci import compute_flci

SHAPES = ((2, 2), (4, 3), (5, 2), (3, 5))
SMOOTH = (0.0, 0.05, 0.3)


def vector(pre: int, post: int) -> dict[str, Any]:
    """Effects and a covariance of the shape that event studies have: a shared reference, and a random walk."""
    rng = np.random.default_rng(100 * pre + post)
    size = pre + post
    root = rng.normal(size=(size, 3 * size))
    covariance = 0.02 * (root @ root.T / (3 * size) + 0.5)
    effects = np.concatenate([rng.normal(0, 0.1, pre), 0.8 + rng.normal(0, 0.2, post)])
    weights = rng.dirichlet(np.ones(post))
    return {
        "estimates": effects.tolist(),
        "covariance": covariance.tolist(),
        "pre": pre,
        "post": post,
        "weights": weights.tolist(),
    }


def record(given: dict[str, Any]) -> dict[str, Any]:
    """The intervals of one vector."""
    effects, covariance = np.array(given["estimates"]), np.array(given["covariance"])
    pre, post, weights = given["pre"], given["post"], np.array(given["weights"])
    smooth = []
    for bound in SMOOTH:
        found = compute_flci(effects, covariance, bound, pre, post, weights)
        smooth.append({"m": bound, "interval": [float(x) for x in found.flci]})
    return {**given, "smooth": smooth}


def main(path: Path) -> None:
    """Write the record of all the vectors."""
    path.write_text(json.dumps([record(vector(*shape)) for shape in SHAPES], separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
