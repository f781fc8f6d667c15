"""Writes a log with Python's hdrhistogram, or prints what it reads in one:

    python3 hdr.py write FILE
    python3 hdr.py read FILE

Of what `tickline latency --json` and these programs say of one log, it compares the percentiles:

    python3 hdr.py compare TICKLINE.json OTHER.json...
    python3 hdr.py stages TICKLINE.json
"""

import json
import math
import os
import sys
import tempfile

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

PERCENTILES = [50, 90, 99, 99.9, 99.99]
START_MS = 1_600_000_000_000
HOUR = 3_600_000_000_000


def write(path):
    """Three seconds without a tag; among the values 0 and one hour."""
    with open(path, "w") as file:
        log = HistogramLogWriter(file)
        log.output_comment("[Written by Python's hdrhistogram]")
        log.output_log_format_version()
        # Not output_start_time: that of 0.10 ends with an error.
        log.output_base_time(START_MS)
        log.output_legend()
        for second in range(3):
            histogram = HdrHistogram(1, HOUR, 3)
            for n in range(1, 999):
                histogram.record_value(n * n * (second + 1))
            histogram.record_value(0)
            histogram.record_value(HOUR)
            # Distances to the base, in seconds; the library takes 0 for "not given".
            start = second + 0.5
            log.output_interval_histogram(histogram, start, start + 1)


def read(path):
    """Every tag's percentiles: the reader adds up one tag at a time."""
    stages = {}
    with open(path) as file:
        tags = [line[4:].split(",")[0] for line in file if line.startswith("Tag=")]
    plain = open(path).read()
    for tag in sorted(set(tags)) or ["untagged"]:
        lines = plain.splitlines(keepends=True)
        # The library keeps no tags apart: it is given the lines of one.
        own = [line.split(",", 1)[1] for line in lines if line.startswith(f"Tag={tag},")]
        head = [line for line in lines if line[0] in '#"']
        total = HdrHistogram(1, HOUR, 3)
        with tempfile.NamedTemporaryFile("w") as part:
            part.writelines(head + own if own else lines)
            part.flush()
            reader = HistogramLogReader(part.name, total)
            while reader.add_next_interval_histogram(dest_histogram=total):
                pass
        count = total.get_total_count()
        figures = {"count": count}
        for p in PERCENTILES:
            # The library rounds the rank to the nearest; the reference rounds it up.
            rank = math.ceil(round(p / 100 * count, 6))
            figures[f"p{p}"] = total.get_value_at_percentile(rank / count * 100 if count else p)
        stages[tag] = figures | {"max": total.get_max_value()}
    print(json.dumps(stages))


def tickline(path):
    """The stages of the only log in it."""
    [row] = json.load(open(path))
    return row["stages"]


def compare(path, *others):
    """Ends with 1 where a count or a percentile is another one."""
    own, wrong = tickline(path), 0
    for other in others:
        for stage, figures in json.load(open(other)).items():
            for key in ["count"] + [f"p{p}" for p in PERCENTILES]:
                if own[stage][key] != figures[key]:
                    print(f"{stage} {key}: {own[stage][key]} here, {figures[key]} in {other}")
                    wrong += 1
        print(f"{os.path.basename(other)}: {len(own)} stages, {wrong or 'no'} differences so far")
    sys.exit(wrong > 0)


def stages(path):
    """Their names."""
    print(*tickline(path))


{"write": write, "read": read, "compare": compare, "stages": stages}[sys.argv[1]](*sys.argv[2:])
