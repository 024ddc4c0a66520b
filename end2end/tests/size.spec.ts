// What a browser downloads, compressed, on its first visit.

import { request as get } from "node:http";
import { signIn } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

const SCRIPT_BUDGET = 75 * 1024;
const PAGE_BUDGET = 119 * 1024;

/** Bytes of the body as they travel. */
function weigh(url: string, cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "br", cookie } }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.on("end", () => (response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${response.statusCode}`))));
    })
      .on("error", reject)
      .end();
  });
}

test("the first load of the keys page stays light", { tag: "@script" }, async ({ page, seeded }) => {
  await signIn(page, seeded, "ada@example.com", `/orgs/${seeded.seed.organization.id}/keys`);
  const cookies = await page.context().cookies(seeded.url.replace("http:", "https:"));
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const urls = [page.url(), ...new Set(loaded)].filter((url) => url.startsWith(seeded.url));
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const weights = await Promise.all(urls.map(async (url) => ({ url: new URL(url).pathname, bytes: await weigh(url, cookie) })));
  const sum = (some: typeof weights) => some.reduce((total, { bytes }) => total + bytes, 0);
  const script = sum(weights.filter(({ url }) => /\.(js|wasm)$/.test(url)));
  const lines = weights.map(({ url, bytes }) => `  ${String(bytes).padStart(7)}  ${url.replace(/org_\w+/, "{org}")}`);
  console.log([
    "First load of the keys page, bytes as they travel:",
    ...lines,
    `  ${String(sum(weights)).padStart(7)}  in all, of ${PAGE_BUDGET}; script and wasm ${script} of ${SCRIPT_BUDGET}`,
  ].join("\n"));
  expect(weights.filter(({ url }) => url.endsWith(".wasm"))).toHaveLength(1);
  expect(script).toBeLessThanOrEqual(SCRIPT_BUDGET);
  expect(sum(weights)).toBeLessThanOrEqual(PAGE_BUDGET);
});
