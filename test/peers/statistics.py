"""Makes statistics.json: what scipy and statsmodels make of counts, for the tests of the statistics of a set.

Run with scipy 1.10 and statsmodels 0.13 or later: python3 test/peers/statistics.py > test/peers/statistics.json
"""

import json
import math

import numpy
import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats import contingency_tables, multitest, proportion


def score_interval(only_a, only_b, images, level):
    """Tango's interval from its definition: the likeliest probabilities given a difference are searched for."""
    z = stats.norm.isf((1 - level) / 2)
    rest = images - only_a - only_b

    def beyond(delta, bound):
        """Positive where the difference found lies further above delta than `bound` errors."""
        low, high = max(0.0, -delta), (1 - delta) / 2
        edge = 1e-14 * (high - low)

        # The derivative of the log-likelihood in the probability that only B is right, times all denominators.
        def slope(p):
            left = 1 - delta - 2 * p
            return only_a * p * left + only_b * (p + delta) * left - 2 * rest * p * (p + delta)

        if slope(low + edge) <= 0:
            p = low
        elif slope(high - edge) >= 0:
            p = high
        else:
            p = optimize.brentq(slope, low + edge, high - edge, xtol=1e-18, rtol=1e-15)
        variance = max(0.0, 2 * p + delta - delta * delta) / images
        return (only_a - only_b) / images - delta - bound * math.sqrt(variance)

    def end(bound, outer):
        found = (only_a - only_b) / images
        if found == outer:
            return outer
        # What was found is a root too where nothing varies there: the end lies beyond it.
        inner = found + (outer - found) * 1e-9
        return optimize.brentq(beyond, inner, outer, args=(bound,), xtol=1e-16, rtol=1e-14)

    return end(z, -1.0), end(-z, 1.0)


def mid_p(only_a, only_b):
    """Outcomes rarer than the one seen, and by half those as likely, of a fair coin."""
    n = only_a + only_b
    least = min(only_a, only_b)
    point = stats.binom.pmf(least, n, 0.5)
    if only_a == only_b:
        return 1 - point / 2
    return 2 * stats.binom.cdf(least, n, 0.5) - point


proportions = [
    (0, 10), (10, 10), (1, 10), (5, 10), (173, 7500), (247, 7500), (37550, 50000), (9609, 50889), (6140, 10000),
    (49999, 50000), (2, 3),
]  # fmt: skip
tables = [
    (0, 0, 20), (0, 5, 20), (5, 0, 20), (1, 7, 21), (6, 6, 40), (20, 0, 20), (0, 20, 20), (12, 30, 100), (3, 3, 6),
    (410, 395, 10000), (1301, 1250, 50000), (2400, 2050, 50000), (50, 9, 7500), (25000, 25000, 50000), (1, 0, 50000),
    (9000, 3000, 50889), (7, 0, 7),
]  # fmt: skip
independent = [
    (37550, 50000, 37500, 50000), (0, 50, 0, 50), (50, 50, 0, 50), (7, 34, 1, 34), (56, 70, 48, 80), (173, 7500, 247, 7500),
    (6140, 10000, 6130, 10000), (10, 10, 17, 20),
]  # fmt: skip
p_values = [
    [0.01, 0.04, 0.03, 0.005], [0.5], [1, 1, 1], [0.02, 0.02, 0.02, 0.7, 1e-9],
    list(numpy.round(numpy.random.default_rng(7).random(66) ** 3, 4)),
]  # fmt: skip

print(
    json.dumps(
        {
            "versions": {
                "scipy": scipy.__version__,
                "statsmodels": statsmodels.__version__,
                "numpy": numpy.__version__,
            },
            "proportions": [
                {
                    "hits": hits,
                    "images": images,
                    "level": level,
                    "wilson": proportion.proportion_confint(hits, images, 1 - level, "wilson"),
                    "bootstrap": [
                        float(stats.binom.ppf(q, images, hits / images)) / images if 0 < hits < images else hits / images
                        for q in ((1 - level) / 2, (1 + level) / 2)
                    ],
                }
                for hits, images in proportions
                for level in (0.9, 0.95)
            ],
            "tables": [
                {
                    "onlyA": a,
                    "onlyB": b,
                    "images": n,
                    "exact": float(contingency_tables.mcnemar([[0, a], [b, n - a - b]], exact=True).pvalue)
                    if a + b
                    else 1.0,
                    "binomial": float(stats.binomtest(a, a + b).pvalue) if a + b else 1.0,
                    "mid": float(mid_p(a, b)),
                    "tango": {str(level): score_interval(a, b, n, level) for level in (0.95, 0.99)},
                }
                for a, b, n in tables
            ],
            "independent": [
                {
                    "a": [x, n],
                    "b": [y, m],
                    "newcombe": [
                        float(end)
                        for end in proportion.confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff")
                    ],
                    "p": float(proportion.proportions_ztest([x, y], [n, m])[1]) if 0 < x + y < n + m else 1.0,
                }
                for x, n, y, m in independent
            ],
            "holm": [
                {"p": p, "adjusted": [float(value) for value in multitest.multipletests(p, method="holm")[1]]}
                for p in p_values
            ],
            "quantiles": [
                {"values": values, "p": p, "quantile": float(numpy.quantile(values, p))}
                for values in ([1, 2, 4, 8, 16], [0.3, 0.1, 0.2], [5])
                for p in (0, 0.025, 0.5, 0.975, 1)
            ],
        },
        indent=1,
    )
)
