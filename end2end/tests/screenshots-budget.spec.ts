// Budgets as people see them, on the organisation of `secapid dev seed` and in the states that need a
// server of their own.

import { attachCard, customer, failingRenewal } from "../support/billing.ts";
import { everyLook } from "../support/pictures.ts";
import { open, ready, settleIn, signIn } from "../support/steps.ts";
import { test, type Page, type Secapid, type Seed } from "../support/test.ts";

type Seeded = { page: Page; seeded: Secapid & { seed: Seed } };

async function as(who: string, { page, seeded }: Seeded, then: string) {
  await signIn(page, seeded, `${who}@example.com`, `/orgs/${seeded.seed.organization.id}${then}`);
}

async function ofKey(at: Seeded, label: string) {
  await as("ada", at, "/keys");
  await at.page.getByRole("link", { name: label, exact: true }).click();
  await at.page.waitForURL(/\/keys\/key_/);
  await ready(at.page);
}

const SEEDED: Record<string, (at: Seeded) => Promise<unknown>> = {
  budget: (at) => as("ada", at, "/budget"),
  "budget-what-if": (at) => as("ada", at, "/budget?soft=10&approval=25&cap=30"),
  "budget-what-if-nothing": (at) => as("ada", at, "/budget?soft=&approval=&cap=500"),
  "budget-refused": async (at) => {
    await as("ada", at, "/budget");
    await at.page.getByRole("textbox", { name: "Soft cap" }).fill("70");
    await at.page.getByRole("textbox", { name: "Approval" }).fill("forty");
    await at.page.getByRole("button", { name: "Save these limits" }).click();
    await at.page.locator(".err").filter({ hasText: "Write dollars and cents" }).waitFor();
    await ready(at.page);
  },
  "budget-only-look": (at) => as("dev", at, "/budget"),
  "budget-of-key": async (at) => {
    await ofKey(at, "filings-agent");
    await at.page.getByRole("textbox", { name: "Spend cap" }).fill("5");
    await at.page.getByRole("button", { name: "See what this would have done" }).click();
    await at.page.waitForURL(/\/budget\?/);
    await ready(at.page);
  },
  "key-with-cap": (at) => ofKey(at, "filings-agent"),
};

test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const [name, arrive] of Object.entries(SEEDED)) {
  test(name, async ({ page, seeded }) => {
    await arrive({ page, seeded });
    await everyLook(page, name);
  });
}

test("budget-new", async ({ page, server }) => {
  const { org } = await settleIn(page, server, "Northwind Research");
  await open(page, `${server.url}${org}/budget`);
  await everyLook(page, "budget-new");
});

test("budget-reached", async ({ page, shop }) => {
  const who = await customer(page, shop, "Northwind Research");
  await attachCard(page, shop, who);
  await shop.dev("add-usage", who.id, "entity_resolve", "5000");
  await open(page, `${who.overview}/budget`);
  await page.getByRole("textbox", { name: "Spend cap" }).fill("20");
  await page.getByRole("button", { name: "Save these limits" }).click();
  await page.getByText("Saved.").waitFor();
  await ready(page);
  await everyLook(page, "budget-reached");
});

test("budget-payment-failed", async ({ page, shop }) => {
  const who = await customer(page, shop, "Northwind Research");
  await failingRenewal(page, shop, who);
  await open(page, `${who.overview}/budget`);
  await everyLook(page, "budget-payment-failed");
});
