// Reads the report of Playwright's JSON reporter: counts on stdout as `PASSED FAILED SKIPPED`, what
// failed on stderr, a line each.

import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { expected, flaky, unexpected, skipped } = report.stats;

for (const suite of report.suites) list(suite, []);
for (const error of report.errors) console.error(`journeys: ${firstLine(error.message)}`);
console.log(expected + flaky, unexpected + (unexpected === 0 ? report.errors.length : 0), skipped);

function list(suite, above) {
  const path = [...above, suite.title];
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      if (test.status === "unexpected") console.error(`journeys: [${test.projectName}] ${[...path, spec.title].join(" > ")}`);
    }
  }
  for (const inner of suite.suites ?? []) list(inner, path);
}

function firstLine(text) {
  return String(text).split("\n")[0];
}
