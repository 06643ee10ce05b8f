"""From longitude and latitude to metres, France and overseas.

Distances are taken in a projected plane, one a part of France: Lambert-93 for the mainland and Corsica, the
UTM zone of each overseas territory. Planes never mix: two points of different planes are infinitely far.

Sources: IGN, *Projections cartographiques coniques et conformes de Lambert* (NTG/G 71) for Lambert-93;
Krüger's series to the fourth order of the third flattening, as in Karney, *Transverse Mercator with an
accuracy of a few nanometers*, J. Geodesy 85 (2011), eq. 7-11 and 35, for UTM. Ellipsoid GRS 80.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SEMI_MAJOR: Final = 6378137.0
FLATTENING: Final = 1 / 298.257222101
ECCENTRICITY: Final = float(np.sqrt(FLATTENING * (2 - FLATTENING)))

METROPOLE: Final = "metropole"
# Overseas département or collectivity -> (central meridian in degrees, southern hemisphere).
UTM: Final[dict[str, tuple[float, bool]]] = {
    "971": (-63.0, False),
    "972": (-63.0, False),
    "973": (-51.0, False),
    "974": (57.0, True),
    "975": (-57.0, False),
    "976": (45.0, True),
    "977": (-63.0, False),
    "978": (-63.0, False),
    "986": (-177.0, True),
    "987": (-147.0, True),
    "988": (165.0, True),
}


def plane_of(code: str) -> str:
    """Name of the plane of an INSEE code (commune or département): ``metropole`` or an overseas département.

    >>> plane_of("2A004"), plane_of("97411"), plane_of("33")
    ('metropole', '974', 'metropole')
    """
    return code[:3] if code[:3] in UTM else METROPOLE


def project(lon: ArrayLike, lat: ArrayLike, plane: str) -> tuple[Floats, Floats]:
    """Eastings and northings in metres of points given in degrees, in one plane."""
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    if plane == METROPOLE:
        return _lambert93(lam, phi)
    meridian, south = UTM[plane]
    x, y = _transverse_mercator(lam - np.radians(meridian), phi)
    return 500_000 + 0.9996 * x, (10_000_000 if south else 0) + 0.9996 * y


def _isometric(phi: Floats) -> Floats:
    """Isometric latitude on the ellipsoid (NTG/G 71, ALG 1)."""
    return np.arctanh(np.sin(phi)) - ECCENTRICITY * np.arctanh(ECCENTRICITY * np.sin(phi))


def _lambert93(lam: Floats, phi: Floats) -> tuple[Floats, Floats]:
    """Secant Lambert conic with parallels 44° and 49°, origin 46.5° N 3° E (NTG/G 71, ALG 3 and 54)."""
    first, second, origin = (np.radians(np.array(d)) for d in (44.0, 49.0, 46.5))
    normal = [SEMI_MAJOR / np.sqrt(1 - (ECCENTRICITY * np.sin(p)) ** 2) * np.cos(p) for p in (first, second)]
    n = np.log(normal[1] / normal[0]) / (_isometric(first) - _isometric(second))
    c = normal[0] / n * np.exp(n * _isometric(first))
    radius, angle = c * np.exp(-n * _isometric(phi)), n * (lam - np.radians(3.0))
    north = 6_600_000 + c * np.exp(-n * _isometric(origin))
    return 700_000 + radius * np.sin(angle), north - radius * np.cos(angle)


def _transverse_mercator(lam: Floats, phi: Floats) -> tuple[Floats, Floats]:
    """Unscaled transverse Mercator of points at ``lam`` radians from the central meridian."""
    n = FLATTENING / (2 - FLATTENING)
    rectifying = SEMI_MAJOR / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    alpha = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180,
        13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440,
        61 * n**3 / 240 - 103 * n**4 / 140,
        49561 * n**4 / 161280,
    )
    tau = np.sinh(_isometric(phi))
    xi, eta = np.arctan2(tau, np.cos(lam)), np.arcsinh(np.sin(lam) / np.hypot(tau, np.cos(lam)))
    x = eta + sum(a * np.cos(2 * j * xi) * np.sinh(2 * j * eta) for j, a in enumerate(alpha, 1))
    y = xi + sum(a * np.sin(2 * j * xi) * np.cosh(2 * j * eta) for j, a in enumerate(alpha, 1))
    return rectifying * x, rectifying * y


# Rough boxes (west, south, east, north) that tell from a position alone which part of France it is in.
BOXES: Final[dict[str, tuple[float, float, float, float]]] = {
    METROPOLE: (-6.0, 41.0, 10.0, 51.6),
    "971": (-62.0, 15.7, -60.8, 16.7),
    "972": (-61.4, 14.3, -60.7, 15.0),
    "973": (-55.0, 2.0, -51.0, 6.0),
    "974": (55.0, -21.6, 56.0, -20.7),
    "975": (-56.6, 46.6, -56.0, 47.3),
    "976": (44.9, -13.1, 45.4, -12.5),
    "977": (-63.0, 17.85, -62.7, 18.0),
    "978": (-63.2, 18.0, -62.9, 18.15),
    "986": (-178.3, -14.5, -176.0, -13.1),
    "987": (-155.0, -28.0, -134.0, -7.0),
    "988": (158.0, -23.5, 172.5, -17.5),
}


def plane_at(lon: float, lat: float) -> str | None:
    """The plane of a position, None when it is in no part of France.

    >>> plane_at(2.35, 48.86), plane_at(55.45, -20.88), plane_at(48.86, 2.35)
    ('metropole', '974', None)
    """
    inside = (
        p for p, (west, south, east, north) in BOXES.items() if west <= lon <= east and south <= lat <= north
    )
    return next(inside, None)
