// Journeys through the console in a real browser, each with JavaScript on and off, and pictures of
// every page. `make test-journeys` runs all of it; README.md beside this file says how to run a part.

import { defineConfig } from "@playwright/test";

const pictures = "**/screenshots*.spec.ts";
// These need no browser: once is enough.
const wire = "**/stripe*.spec.ts";

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 3,
  timeout: 40_000,
  expect: { timeout: 10_000 },
  // A test that passes only sometimes is broken, here or in the product.
  retries: 0,
  forbidOnly: !!process.env.CI,
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    locale: "en-GB",
    timezoneId: "Europe/Stockholm",
    viewport: { width: 1280, height: 800 },
    // Secrets are on these pages: nothing is filmed.
    video: "off",
    trace: "off",
    launchOptions: {
      executablePath: process.env.SECAPI_CHROMIUM || undefined,
      args: [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "script", testIgnore: [pictures, wire] },
    // What is tagged @script is about the script itself.
    { name: "no-script", testIgnore: [pictures, wire], grepInvert: /@script/, use: { javaScriptEnabled: false } },
    { name: "screenshots", testMatch: pictures },
    { name: "stripe", testMatch: wire },
  ],
});
