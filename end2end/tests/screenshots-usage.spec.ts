// The usage page in each of its states: pictures as of every other page.

import { customer } from "../support/billing.ts";
import { everyLook } from "../support/pictures.ts";
import { open, shownSecret } from "../support/steps.ts";
import { test, type Page, type Secapid } from "../support/test.ts";
import { charged, firstKey, service, uses } from "../support/usage.ts";

const usage = (overview: string) => `${overview}/usage`;

/** Three weeks of a busy organisation: weekends are quiet, and one night a job runs away. */
async function month(page: Page, shop: Secapid) {
  const who = await charged(page, shop);
  const key = await firstKey(shop, who);
  const other = await service(shop);
  for (let day = 1; day <= 21; day++) {
    const weekend = day % 7 > 4;
    const busy = weekend ? 1 : 5 + ((day * 7) % 4);
    await uses(shop, other, who, { entity_resolve: 900 * busy, section_extract: 160 * busy, restatements: 120 * busy }, key);
    if (!weekend) await uses(shop, other, who, { search: 300 + 90 * (day % 5), intelligence_query: day === 16 ? 90 : 12, stream_event: 2_000 });
    await shop.dev("clock", "+1d");
  }
  return who;
}

const PAGES: Record<string, (page: Page, shop: Secapid) => Promise<string>> = {
  "usage-month": async (page, shop) => usage((await month(page, shop)).overview),
  "usage-capped": async (page, shop) => {
    const who = await charged(page, shop);
    await open(page, `${who.overview}/keys`);
    await page.getByLabel("Name").fill("Budget");
    await page.getByRole("checkbox", { name: /Change the budget/ }).check();
    await page.getByRole("button", { name: "Create the key" }).click();
    const secret = await shownSecret(page);
    await shop.call("/v1/billing/budget", secret, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ spendCapCents: 2000 }) });
    const other = await service(shop);
    for (let day = 1; day <= 9; day++) {
      await uses(shop, other, who, { entity_resolve: 400, section_extract: 20 * day });
      await shop.dev("clock", "+1d");
    }
    return usage(who.overview);
  },
  "usage-empty": async (page, shop) => usage((await customer(page, shop)).overview),
  "usage-grant": async (page, shop) => {
    const who = await customer(page, shop);
    for (let call = 0; call < 12; call++) await shop.call("/v1/entities/resolve?ticker=MSFT", who.secret);
    return usage(who.overview);
  },
};

for (const [name, lead] of Object.entries(PAGES)) {
  test(`pictures of ${name}`, async ({ page, shop }) => {
    test.slow();
    const address = await lead(page, shop);
    await open(page, address);
    // What is folded away is looked at too.
    for (const fold of await page.locator("details.call summary").all()) await fold.click();
    await everyLook(page, name);
  });
}
