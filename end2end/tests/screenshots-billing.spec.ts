// Billing in each of its states, prices, and the operators' pages: pictures as of every other page, each
// on a server of its own, because clocks are moved.

import { attachCard, becomes, choose, customer, declineRenewal, failingRenewal, portal, subscribe, type Customer } from "../support/billing.ts";
import { everyLook } from "../support/pictures.ts";
import { open, ready, signIn } from "../support/steps.ts";
import { test, type Page, type Secapid } from "../support/test.ts";

const STAFF = "olga@example.com";

type At = { page: Page; shop: Secapid; who: Customer };

/** What leads to each picture, from the overview of a new organisation. */
const PAGES: Record<string, (at: At) => Promise<unknown>> = {
  "billing-grant": async ({ page, shop, who }) => {
    await shop.dev("use-grant", who.id, "--calls", "40");
    await open(page, who.billing);
  },
  "overview-pending-card": async ({ page, shop, who }) => {
    await shop.dev("use-grant", who.id);
    await open(page, who.overview);
  },
  "billing-pending-card": async ({ page, shop, who }) => {
    await shop.dev("use-grant", who.id);
    await open(page, who.billing);
  },
  "billing-payg": async ({ page, shop, who }) => {
    await attachCard(page, shop, who);
    await shop.dev("add-usage", who.id, "entity_resolve", "1001");
    await shop.dev("add-usage", who.id, "intelligence_query", "73");
    await open(page, who.billing);
  },
  "billing-personal-annual": async ({ page, shop, who }) => {
    await subscribe(page, shop, who, "Personal", "By the year");
    await open(page, who.billing);
  },
  "billing-team": async ({ page, shop, who }) => {
    await subscribe(page, shop, who, "Team");
    await shop.dev("clock", "+32d");
    await shop.dev("add-usage", who.id, "section_extract", "12345");
    await open(page, `${who.billing}?interval=monthly`);
  },
  "billing-cancelled": async ({ page, shop, who }) => {
    await subscribe(page, shop, who, "Personal");
    await open(page, who.billing);
    await portal(page, "Cancel the plan");
    await page.getByRole("button", { name: "Cancel plan" }).click();
    await page.getByText("The plan ends with its period.").waitFor();
    await shop.cli("reconcile");
    await open(page, who.billing);
    await page.getByRole("heading", { name: /^The plan ends on/ }).waitFor();
  },
  "billing-payment-failed": async ({ page, shop, who }) => {
    await failingRenewal(page, shop, who);
    await open(page, who.billing);
  },
  "billing-restricted": async ({ page, shop, who }) => {
    await subscribe(page, shop, who, "Team");
    await declineRenewal(shop, who);
    await shop.dev("clock", "+15d");
    await becomes(shop, who, "restricted_read_only");
    await open(page, who.billing);
  },
  "billing-restricted-by-operator": async ({ page, shop, who }) => {
    await shop.cli("org", "restrict", who.id, "--kind", "abuse", "--note", "Scraping through many accounts. Write to support@example.com and say who runs the crawler.");
    await open(page, who.billing);
  },
  "billing-commercial": async ({ page, shop, who }) => {
    await shop.cli("org", "contract", who.id, "--ends", "2099-01-01");
    await open(page, who.billing);
  },
  "billing-confirming": async ({ page, who }) => {
    await open(page, who.billing);
    await choose(page, "Team");
    await page.getByRole("button", { name: /^Pay/ }).waitFor();
    await page.clock.install();
    await open(page, `${who.billing}?confirming=1`);
  },
  "billing-checkout-begun": async ({ page, who }) => {
    await open(page, who.billing);
    await choose(page, "Team");
    await page.getByRole("link", { name: "Cancel and go back" }).click();
    await ready(page);
  },
  "billing-provider-down": async ({ page, shop, who }) => {
    await shop.dev("faults", '{"api":{"down":"all"}}');
    await open(page, who.billing);
    await choose(page, "Team");
    await page.getByRole("alert").first().waitFor();
    await ready(page);
  },
  "billing-as-of": async ({ page, shop, who }) => {
    const born = (await shop.dev("clock")).now.slice(0, 10);
    await shop.dev("clock", "+3d");
    await attachCard(page, shop, who);
    await open(page, `${who.billing}?as_of=${born}`);
  },
  "hosted-checkout": async ({ page, who }) => {
    await open(page, who.billing);
    await choose(page, "Team");
    await page.getByRole("button", { name: /^Pay/ }).waitFor();
  },
  "hosted-portal": async ({ page, shop, who }) => {
    await failingRenewal(page, shop, who);
    await open(page, who.billing);
    await portal(page, "Open the billing portal");
  },
  operator: async ({ page, shop, who }) => {
    await shop.dev("use-grant", who.id);
    await asStaff(page, shop, "/operator");
  },
  "operator-org": async ({ page, shop, who }) => {
    await failingRenewal(page, shop, who);
    await shop.cli("org", "credit", who.id, "1000");
    await asStaff(page, shop, `/operator/orgs/${who.id}`);
  },
  "operator-compare": async ({ page, shop, who }) => {
    await subscribe(page, shop, who, "Personal");
    await shop.dev("faults", '{"webhooks":{"drop":"all"}}');
    await open(page, who.billing);
    await portal(page, "Cancel the plan");
    await page.getByRole("button", { name: "Cancel plan" }).click();
    await page.getByText("The plan ends with its period.").waitFor();
    await asStaff(page, shop, `/operator/orgs/${who.id}?compare=1`);
  },
  "operator-refused": async ({ page, shop, who }) => {
    await asStaff(page, shop, `/operator/orgs/${who.id}`);
    await page.getByText("Restrict the organisation").click();
    await page.getByLabel("Note").fill("Many accounts, one crawler.");
    await page.getByRole("button", { name: "Stop billable calls" }).click();
    await page.locator(".err").filter({ hasText: "Choose why." }).waitFor();
    await ready(page);
  },
};

async function asStaff(page: Page, shop: Secapid, address: string): Promise<void> {
  await page.context().clearCookies();
  await signIn(page, shop, STAFF, address);
}

test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const [name, arrive] of Object.entries(PAGES)) {
  test(name, async ({ page, shop }) => {
    await arrive({ page, shop, who: await customer(page, shop, "Northwind Research") });
    await everyLook(page, name);
  });
}

test("pricing", async ({ page, server }) => {
  await open(page, `${server.url}/pricing`);
  await everyLook(page, "pricing");
});
