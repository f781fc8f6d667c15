// Writes a log with JavaScript's hdr-histogram-js, or prints what it reads in one:
//
//     node hdr.mjs write FILE
//     node hdr.mjs read FILE

import fs from "node:fs";
import { createRequire } from "node:module";

// Installed where the command runs, not beside this file.
const hdr = createRequire(process.cwd() + "/")("hdr-histogram-js");

const PERCENTILES = [50, 90, 99, 99.9, 99.99];
const START_MS = 1_600_000_000_000;
const HOUR = 3_600_000_000_000;

// Three seconds of one stage; among the values 0 and one hour.
function write(path) {
  let text = "";
  const log = new hdr.HistogramLogWriter((line) => (text += line));
  log.outputComment("[Written by hdr-histogram-js]");
  log.outputLogFormatVersion();
  log.outputStartTime(START_MS);
  log.outputLegend();
  for (let second = 0; second < 3; second++) {
    const histogram = build();
    for (let n = 1; n <= 998; n++) histogram.recordValue(n * n * (second + 1));
    histogram.recordValue(0);
    histogram.recordValue(HOUR);
    histogram.tag = "total";
    histogram.startTimeStampMsec = START_MS + second * 1000;
    histogram.endTimeStampMsec = START_MS + second * 1000 + 1000;
    log.outputIntervalHistogram(histogram);
  }
  fs.writeFileSync(path, text);
}

function build() {
  const highest = 2 * HOUR;
  return hdr.build({ bitBucketSize: 64, highestTrackableValue: highest, autoResize: true });
}

function read(path) {
  const reader = new hdr.HistogramLogReader(fs.readFileSync(path, "utf8"), 64);
  const sums = {};
  for (let next; (next = reader.nextIntervalHistogram()); ) {
    const tag = next.tag === "NO TAG" ? "untagged" : next.tag;
    (sums[tag] ??= build()).add(next);
  }
  const stages = {};
  for (const tag of Object.keys(sums).sort()) {
    const sum = sums[tag];
    stages[tag] = { count: sum.totalCount };
    for (const p of PERCENTILES) {
      // The library rounds the rank to the nearest; the reference rounds it up.
      const rank = Math.ceil(Math.round((p / 100) * sum.totalCount * 1e6) / 1e6);
      stages[tag][`p${p}`] = sum.getValueAtPercentile((rank / (sum.totalCount || 1)) * 100);
    }
    stages[tag].max = sum.maxValue;
  }
  console.log(JSON.stringify(stages));
}

({ write, read })[process.argv[2]](process.argv[3]);
