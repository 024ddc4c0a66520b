// The public prices: the page and GET /v1/billing/rates say the same, to the last digit.

import { open, ready } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

const dollars = (amount: number) => amount.toLocaleString("en-US", { style: "currency", currency: "USD" });

test("every price on the pricing page is the one that programs are told", async ({ page, server }) => {
  const { status, body: rates } = await server.call("/v1/billing/rates");
  expect(status, "for everybody, without a key").toBe(200);
  await open(page, server.url);
  await page.getByRole("link", { name: "Pricing" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Pay for the calls that succeed.");
  await expect(page.getByText(rates.rateCardVersion)).toBeVisible();
  const plans = rates.plans.filter((plan: any) => plan.public);
  for (const interval of ["annual", "monthly"]) {
    await page.goto(`${server.url}/pricing?interval=${interval}`);
    await ready(page);
    expect(await page.locator(".plans h3").allInnerTexts()).toEqual(plans.map((plan: any) => plan.displayName));
    for (const plan of plans) {
      const row = page.locator(".plans > li").filter({ has: page.getByRole("heading", { name: plan.displayName, exact: true }) });
      const cost = row.locator(".price");
      for (const feature of plan.features) await expect(row).toContainText(feature);
      if (plan.monthlyPriceFloorUsd) await expect(cost).toContainText(`from ${dollars(plan.monthlyPriceFloorUsd)} a month`);
      else if (interval === "annual" && plan.annualPriceUsd) {
        await expect(cost).toContainText(`${dollars(plan.annualPriceUsd / 12)} a month, ${dollars(plan.annualPriceUsd)} a year`);
        await expect(row).toContainText(`saves ${dollars(plan.monthlyPriceUsd * 12 - plan.annualPriceUsd)} a year`);
      } else await expect(cost).toContainText(`${dollars(plan.monthlyPriceUsd)} a month`);
    }
  }
  const columns = plans.filter((plan: any) => plan.key !== "sandbox_grant");
  const shown = await page
    .locator("#calls tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.firstChild!.textContent!.trim())));
  const told = rates.meterFamilies.map((family: any) => [
    family.displayName,
    ...columns.map((plan: any) => plan.meterFamilyPrices.find((price: any) => price.key === family.key).unitAmountUsd),
  ]);
  const figure = (text: string) => (text === "free" ? 0 : Number(text.replace(/^\$/, "")));
  expect(shown.map(([name, ...prices]) => [name, ...prices.map(figure)])).toEqual(told);
});

test("the button leads to sign-in, and whoever is signed in goes to the console", async ({ page, server }) => {
  await open(page, `${server.url}/pricing`);
  await page.getByRole("link", { name: "Get a free API key" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});
