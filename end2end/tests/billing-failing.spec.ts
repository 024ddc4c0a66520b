// A payment that fails: the grace, its end, and the way back.

import { back, becomes, card, customer, declineRenewal, failingRenewal, portal, ribbon, shownState, stateOf, subscribe } from "../support/billing.ts";
import { open, ready } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

for (const shopOn of ["sqlite", "postgres"] as const) {
  // What the browser does is the same on both databases: once, with a script, is enough for the other.
  test.describe(shopOn, { tag: shopOn === "postgres" ? ["@script"] : [] }, () => {
    test.use({ shopOn });

    test("a failing payment is borne, then stops the account, and paying restores it", async ({ page, shop }) => {
      const who = await customer(page, shop);
      await subscribe(page, shop, who, "Personal");
      const forgotten = await page.context().newPage();
      await open(forgotten, who.keys);
      await declineRenewal(shop, who);
      await open(page, who.overview);
      await expect(ribbon(page)).toContainText(/payment_failed.*\$55\.00 could not be charged\. Calls go on until/);
      await open(page, who.keys);
      await expect(ribbon(page)).toBeVisible();
      // A new key has to wait, also in a tab from before; the one there is goes on working.
      await expect(page.getByRole("button", { name: "Create the key" })).toHaveCount(0);
      await forgotten.getByLabel("Name").fill("another");
      await forgotten.getByRole("button", { name: "Create the key" }).click();
      await expect(forgotten.getByText("account_restricted")).toBeVisible();
      await forgotten.close();
      expect((await shop.call("/v1/me", who.secret)).status).toBe(200);

      await open(page, who.billing);
      await expect(shownState(page)).toHaveText("payment_failed");
      await expect(page.getByRole("heading", { name: "Visa ending 4242 was declined." })).toBeVisible();
      const stands = page.getByRole("region", { name: "How it stands" });
      await expect(stands).toContainText(/An invoice over \$55\.00 was issued/);
      await expect(stands).toContainText(/1 attempt to charge the card failed/);
      await expect(stands).toContainText(/The card is tried again/);

      await shop.dev("clock", "+15d");
      expect(await stateOf(shop, who)).toBe("restricted_read_only");
      await open(page, who.overview);
      await expect(ribbon(page)).toContainText(/restricted_read_only.*\$55\.00 is open/);
      await ribbon(page).getByRole("link", { name: "Pay what is open" }).click();
      await ready(page);
      await expect(page.getByRole("heading", { name: "Billable calls are stopped until this is paid." })).toBeVisible();
      expect((await shop.call("/v1/me", who.secret)).status, "reading goes on").toBe(200);

      await shop.dev("faults", "{}");
      await portal(page, "Update the card");
      await card(page, "4444", "Update card");
      await page.getByRole("button", { name: /^Pay invoice / }).or(page.getByRole("link", { name: "Return to the application" })).first().waitFor();
      const pay = page.getByRole("button", { name: /^Pay invoice / });
      if (await pay.isVisible()) await pay.click();
      await page.getByRole("link", { name: "Return to the application" }).click();
      await back(page, who);
      if ((await stateOf(shop, who)) === "restricted_read_only") {
        await open(page, who.billing);
        await page.getByRole("link", { name: "Pay the invoice now" }).click();
        await card(page, "4444", "Pay $55.00");
        await expect(page.getByText("Paid", { exact: false }).first()).toBeVisible();
      }
      await becomes(shop, who, "personal_active");
      await open(page, who.billing);
      await expect(shownState(page)).toHaveText("personal_active");
      await expect(page.locator("#card")).toContainText("Mastercard ending 4444");
      await open(page, who.overview);
      await expect(ribbon(page)).toHaveCount(0);
      await open(page, who.keys);
      await page.getByLabel("Name").fill("another");
      await page.getByRole("button", { name: "Create the key" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("another is made");
    });
  });
}

test("a payment that fails once is tried again and goes through by itself", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await failingRenewal(page, shop, who);
  await shop.dev("faults", "{}");
  await shop.dev("clock", "+4d");
  await becomes(shop, who, "personal_active");
  await open(page, who.billing);
  await expect(shownState(page)).toHaveText("personal_active");
  await expect(page.locator("#history")).toContainText("payment_failed");
  await expect(page.locator("#invoices")).not.toContainText("Declined");
});

test("an open invoice is paid on its own page, at once and with any card", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await failingRenewal(page, shop, who);
  await open(page, who.billing);
  await page.getByRole("link", { name: "Pay the invoice now" }).click();
  await card(page, "0002", "Pay $55.00");
  await expect(page.getByRole("alert")).toHaveText("Your card was declined.");
  await shop.dev("faults", "{}");
  await card(page, "4444", "Pay $55.00");
  await expect(page.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
  await becomes(shop, who, "personal_active");
});
