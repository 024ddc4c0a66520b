// What a month cost: day by day, by key and by class, on the page, as a file and over /v1.

import { readFile } from "node:fs/promises";
import { account, customer } from "../support/billing.ts";
import { charged, firstKey, service, uses } from "../support/usage.ts";
import { open, path, ready, shownSecret } from "../support/steps.ts";
import { expect, test, type Page } from "../support/test.ts";

const usage = (overview: string) => `${overview}/usage`;

/** The cells of a table's rows, a line each; a cell that says nothing says so. */
async function rows(page: Page, caption: RegExp): Promise<string[]> {
  const table = page.getByRole("table", { name: caption });
  const lines = await table.getByRole("row").all();
  return Promise.all(
    lines.map(async (line) => (await line.getByRole("cell").or(line.getByRole("rowheader")).allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim() || "-").join(" | ")),
  ).then((all) => all.filter((line) => line));
}

for (const shopOn of ["sqlite", "postgres"] as const) {
  // What the browser does is the same on both databases: once, with a script, is enough for the other.
  test.describe(shopOn, { tag: shopOn === "postgres" ? ["@script"] : [] }, () => {
    test.use({ shopOn });

    test("a month is told by day, by key and by class, and adds up to the invoice", async ({ page, shop }) => {
      const who = await charged(page, shop);
      const key = await firstKey(shop, who);
      const other = await service(shop);
      await uses(shop, other, who, { entity_resolve: 1001, section_extract: 250 }, key);
      await shop.dev("clock", "+1d");
      await uses(shop, other, who, { intelligence_query: 12 });
      expect((await shop.call("/v1/entities/resolve?ticker=MSFT", who.secret)).status).toBe(200);

      await open(page, who.overview);
      await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Usage" }).click();
      await page.waitForURL(usage(who.overview));
      await ready(page);
      // 1,002 reads at $0.0024, 250 sections at $0.0048, 12 questions at $0.10.
      const month = page.getByRole("region", { name: "The month" });
      await expect(month).toContainText("Spent this month");
      await expect(month.locator(".hero")).toHaveText("$4.80");
      expect((await account(shop, who)).budget.accruedUsageCents).toBe(480);
      await expect(page.locator("#days figcaption")).toContainText("$4.80 so far");
      await page.locator("#days").getByText("The same as a table").click();
      const days = await rows(page, /^Spend by day/);
      expect(days).toHaveLength(3);
      expect(days[0]).toMatch(/\| \$0\.0024 \| - \| \$1\.2000 \| \$4\.8048 \| \$1\.2024$/);
      expect(days[1]).toMatch(/\| \$2\.4024 \| \$1\.2000 \| - \| \$3\.6024 \| \$3\.6024$/);
      expect(days[2]).toBe("The month | $2.4048 | $1.2000 | $1.2000 | - | $4.8048");
      const keys = await rows(page, /by key$/);
      expect(keys[0]).toContain(`${key} | 3 | 1,252 | 75 % | $3.6048`);
      expect(keys[1]).toMatch(/^extraction svc_\w+, reported by a service of the platform \| 1 \| 12 \| 25 % \| \$1\.2000$/);
      expect(keys[2]).toBe("All | 4 | 1,264 | - | $4.8048");
      expect((await rows(page, /by meter class$/)).map((line) => line.split(" | ")[0])).toEqual(["entity_resolve", "intelligence_query", "section_extract", "All"]);

      // The file holds the same, and /v1 tells the same.
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download as CSV" }).click()]);
      expect(download.suggestedFilename()).toMatch(/^usage-org_\w+-\d{4}-\d{2}\.csv$/);
      const file = await readFile((await download.path())!, "utf8");
      const [head, ...lines] = file.trimEnd().split("\r\n");
      expect(head).toBe("day_utc,family,meter_class,api_key_id,api_key_label,payment,units,requests,amount_usd");
      expect(lines).toHaveLength(4);
      const micros = lines.map((line) => Math.round(Number(line.split(",").at(-1)) * 1e6));
      expect(micros.reduce((a, b) => a + b)).toBe(4_804_800);
      const series = (await shop.call("/v1/usage/series?group_by=family", who.secret)).body;
      expect(series.totals).toMatchObject({ units: 1264, requests: 4, amountMicros: 4_804_800 });
      const events = (await shop.call("/v1/usage", who.secret)).body.data;
      expect(events).toHaveLength(4);
      await expect.poll(async () => (await shop.call("/v1/usage", who.secret)).body.data.find((one: any) => one.authMode === "api_key").path).toBe("/v1/entities/resolve");
    });
  });
}

test("an empty month says what would be there, and a past one can be picked", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await open(page, usage(who.overview));
  await expect(page.getByText("Nothing was used this month.")).toBeVisible();
  await expect(page.getByRole("region", { name: "curl command" })).toContainText("/v1/entities/resolve");
  expect((await shop.call("/v1/entities/resolve?ticker=MSFT", who.secret)).status).toBe(200);
  await open(page, usage(who.overview));
  await expect(page.getByRole("region", { name: "The month" })).toContainText(/Paid by the free grant\s*1 unit/);
  await expect(page.locator("#days")).toContainText("Nothing was charged: the free grant paid for 1 unit.");

  await shop.dev("clock", "+32d");
  await open(page, usage(who.overview));
  await expect(page.getByText("Nothing was used this month.")).toBeVisible();
  const months = page.getByRole("navigation", { name: "Month" }).getByRole("link");
  await expect(months.first()).toHaveAttribute("aria-current", "page");
  await months.last().click();
  await page.waitForURL(/month=/);
  await ready(page);
  await expect(page.getByRole("region", { name: "The month" })).toContainText(/Spent in \w+ \d{4}/);
  await open(page, `${usage(who.overview)}?month=2999-01`);
  await expect(page.getByRole("main")).toContainText("month is a UTC month that has begun");
});

test("a name that a spreadsheet would run is only text in the file", async ({ page, shop }) => {
  const who = await charged(page, shop);
  await open(page, who.keys);
  await page.getByLabel("Name").fill("=1+1");
  await page.getByRole("button", { name: "Create the key" }).click();
  await shownSecret(page);
  const keys = (await shop.call("/v1/api_keys", who.secret)).body.data;
  await uses(shop, await service(shop), who, { entity_resolve: 1 }, keys.find((one: any) => one.label === "=1+1").id);
  await open(page, usage(who.overview));
  await expect(page.locator("#keys")).toContainText("=1+1");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download as CSV" }).click()]);
  expect(await readFile((await download.path())!, "utf8")).toContain(`"'=1+1"`);
  expect(path(page)).toBe(new URL(usage(who.overview)).pathname);
});
