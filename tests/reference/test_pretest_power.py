"""Power of the test before opening: the figure of Roth's ``pretrends`` (MIT) on He & Wang (2017).

Vector carried by the package; its documentation finds that a slope of 0.0520587 (0.0520569 in an earlier run) is
detected one time in two, by any |t| above 1.96.
"""

import numpy as np
import pytest

from essaim.evaluation.pretest_power import slope_for_power

COVARIANCE = np.array(
    [
        [0.00890657, 0.00448831, 0.0014587],
        [0.00448831, 0.00593692, 0.00275008],
        [0.0014587, 0.00275008, 0.00303862],
    ]
)


def test_the_drift_detected_one_time_in_two_is_the_published_one() -> None:
    found = slope_for_power(COVARIANCE, np.array([-3.0, -2.0, -1.0]), np.full(3, 1.959964), 0.5)
    assert found == pytest.approx(0.0520587, rel=0.01)
