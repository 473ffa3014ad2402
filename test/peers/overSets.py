"""Makes overSets.scipy.json: what scipy makes of the statistics over sets.

Run with scipy 1.10 or later: python3 test/peers/overSets.py > test/peers/overSets.scipy.json
"""

import csv
import json
import math
import os
import platform
import random
import warnings

import numpy
import scipy
from scipy import stats

warnings.simplefilter("ignore")
level = 0.95


def number(value):
    """NaN is no JSON."""
    value = float(value)
    return None if math.isnan(value) else value


def distribution(name, arguments, value):
    return {"name": name, "arguments": arguments, "value": number(value)}


distributions = []
for p in [1e-12, 1e-6, 0.001, 0.025, 0.2, 0.5, 0.6, 0.95, 0.975, 0.9999999]:
    distributions.append(distribution("normalQuantile", [p], stats.norm.ppf(p)))
    for df in [1, 2, 3, 10, 37.5, 1498]:
        distributions.append(distribution("studentQuantile", [p, df], stats.t.ppf(p, df)))
for z in [-9.0, -3.0, -1.96, -0.1, 0.0, 0.3, 1.0, 2.5758, 6.0, 12.0]:
    distributions.append(distribution("normal", [z], stats.norm.cdf(z)))
    distributions.append(distribution("normalP", [z], 2 * stats.norm.sf(abs(z))))
    for df in [1, 2, 10, 1498]:
        distributions.append(distribution("studentP", [z, df], 2 * stats.t.sf(abs(z), df)))
for x in [0.0, 0.1, 1.0, 5.0, 11.0, 42.6, 400.0, 1600.0]:
    for df in [1, 2, 5, 11, 199, 1499]:
        distributions.append(distribution("chiSquaredP", [x, df], stats.chi2.sf(x, df)))
for p in [0.5, 0.9, 0.95, 0.99]:
    for groups in [2, 3, 5, 12, 40, 200]:
        quantile = stats.studentized_range.ppf(p, groups, numpy.inf)
        distributions.append(distribution("studentisedRangeQuantile", [p, groups], quantile))


def pair(name, x, y):
    pearson = stats.pearsonr(x, y)
    try:
        interval = pearson.confidence_interval(level) if len(x) > 3 else (math.nan, math.nan)
    except ValueError:
        interval = (math.nan, math.nan)
    spearman = stats.spearmanr(x, y)
    tau = stats.kendalltau(x, y)
    case = {
        "name": name,
        "x": x,
        "y": y,
        "pearson": {"value": number(pearson[0]), "low": number(interval[0]), "high": number(interval[1]), "p": number(pearson[1])},
        "spearman": {"value": number(spearman[0]), "p": number(spearman[1])},
        "tau-b": {"value": number(tau[0]), "p": number(tau[1])},
        "line": None,
    }
    if len(x) > 2 and len(set(x)) > 1:
        fit = stats.linregress(x, y)
        places = [min(x), sum(x) / len(x), max(x) + 0.1]
        residuals = [b - fit.intercept - fit.slope * a for a, b in zip(x, y)]
        variance = sum(r * r for r in residuals) / (len(x) - 2)
        mean, spread = numpy.mean(x), numpy.var(x) * len(x)
        quantile = stats.t.ppf((1 + level) / 2, len(x) - 2)
        case["line"] = [
            {
                "x": place,
                "fit": fit.intercept + fit.slope * place,
                "half": quantile * math.sqrt(variance * (1 / len(x) + (place - mean) ** 2 / spread)),
            }
            for place in places
        ]
    return case


source = random.Random(20250127)
pairs = []
for n in [2, 3, 4, 5, 8, 12, 20, 33, 34, 60]:
    x = [source.random() for _ in range(n)]
    y = [0.5 * a + 0.5 * source.random() for a in x]
    pairs.append(pair(f"{n} values", x, y))
    if n > 2:
        pairs.append(pair(f"{n} values with ties", [round(4 * a) / 4 for a in x], [round(3 * b) / 3 for b in y]))
pairs.append(pair("constant", [0.5] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
pairs.append(pair("both constant", [0.5] * 6, [0.25] * 6))
pairs.append(pair("the same", [0.1, 0.4, 0.2, 0.9, 0.3], [0.2, 0.8, 0.4, 1.8, 0.6]))
pairs.append(pair("the opposite", [1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 4.0, 3.0, 2.0, 1.0]))
pairs.append(pair("nearly the same, 40 values", list(range(40)), [1, 0] + list(range(2, 40))))


def together(name, values):
    """values[set][model]"""
    friedman = stats.friedmanchisquare(*zip(*values))
    sets, models = len(values), len(values[0])
    return {
        "name": name,
        "values": values,
        "friedman": {"value": number(friedman[0]), "p": number(friedman[1])},
        "kendallW": number(friedman[0] / (sets * (models - 1))),
        "nemenyi": number(
            stats.studentized_range.ppf(level, models, numpy.inf)
            / math.sqrt(2)
            * math.sqrt(models * (models + 1) / (6 * sets))
        ),
    }


here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "../../examples/paper/table-2-accuracies.csv")) as file:
    lines = [line for line in csv.reader(file) if not line[0].startswith("#")]
paper = [[float(cell) / 100 for cell in column] for column in list(zip(*lines[1:]))[1:]]
groups = [together("Table II without Validation", paper[1:])]
for sets, models in [(2, 3), (4, 5), (6, 30)]:
    values = [[source.random() for _ in range(models)] for _ in range(sets)]
    groups.append(together(f"{models} models on {sets} sets", values))
    tied = [[round(3 * a) / 3 for a in row] for row in values]
    groups.append(together(f"{models} models on {sets} sets with ties", tied))
groups.append(together("all tied", [[0.5] * 4] * 3))


def lines_of(items):
    return "[\n" + ",\n".join(json.dumps(item, allow_nan=False) for item in items) + "\n]"


print(
    f'{{"scipy": "{scipy.__version__}", "numpy": "{numpy.__version__}", "python": "{platform.python_version()}",\n'
    f'"level": {level},\n"distributions": {lines_of(distributions)},\n"pairs": {lines_of(pairs)},\n'
    f'"together": {lines_of(groups)}}}'
)
