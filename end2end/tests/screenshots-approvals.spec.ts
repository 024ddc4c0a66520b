// Approvals and explanations: pictures as of every other page.

import { budget, inbox, org, search, stopped, type Shop } from "../support/approvals.ts";
import { everyLook } from "../support/pictures.ts";
import { open, ready, signIn } from "../support/steps.ts";
import { test, type Page } from "../support/test.ts";

type At = { page: Page; shop: Shop };

const PAGES: Record<string, (at: At) => Promise<unknown>> = {
  "approvals-none": async ({ page, shop }) => open(page, inbox(shop)),
  "approvals-waiting": async ({ page, shop }) => {
    await history({ page, shop });
    await budget(shop, { spendCapCents: 20000, approvalThresholdCents: 0 });
    await stopped(shop, "quarterly backfill of auditor changes for the audit committee, second attempt");
    await stopped(shop);
    await open(page, inbox(shop));
  },
  "approvals-too-much": async ({ page, shop }) => {
    await budget(shop, { approvalThresholdCents: 0 });
    await stopped(shop, "nightly refresh");
    await budget(shop, { spendCapCents: 0 });
    await open(page, inbox(shop));
  },
  "approvals-decided": async ({ page, shop }) => history({ page, shop }),
  "overview-approval-waits": async ({ page, shop }) => {
    await budget(shop, { approvalThresholdCents: 0 });
    await stopped(shop, "nightly refresh");
    await open(page, org(shop));
  },
  "explanation-threshold": async ({ page, shop }) => {
    await budget(shop, { spendCapCents: 20000, approvalThresholdCents: 0 });
    const { id } = await stopped(shop, "quarterly backfill");
    await known(page, `${org(shop)}/requests/${id}`);
  },
  "explanation-cap": async ({ page, shop }) => {
    await budget(shop, { spendCapCents: 1 });
    const { id } = await search(shop);
    await known(page, `${org(shop)}/requests/${id}`);
  },
  "explanation-passed": async ({ page, shop }) => {
    await budget(shop, { spendCapCents: 20000 });
    const { id } = await search(shop, { purpose: "nightly refresh" });
    await known(page, `${org(shop)}/requests/${id}`);
  },
  "explanation-repeated": async ({ page, shop }) => {
    await search(shop, { id: "nightly" });
    await search(shop, { id: "nightly" });
    await known(page, `${org(shop)}/requests/nightly`);
  },
};

/** The record is written a moment after the answer. */
async function known(page: Page, address: string): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    await page.goto(address);
    if (await page.locator("#story").getByText("Answered").first().isVisible()) break;
  }
  await ready(page);
}

/** One of each outcome, ending with the page that says what was just decided. */
async function history({ page, shop }: At): Promise<void> {
  await budget(shop, { spendCapCents: 20000, approvalThresholdCents: 0 });
  await stopped(shop, "left to expire");
  await shop.dev("clock", "+16m");
  const used = await stopped(shop, "nightly refresh");
  await decide(page, shop, "Approve");
  await search(shop, { approval: used.approval, purpose: "nightly refresh" });
  await stopped(shop);
  await decide(page, shop, "Deny");
  await stopped(shop, "quarterly backfill");
  await decide(page, shop, "Approve");
}

async function decide(page: Page, shop: Shop, act: string): Promise<void> {
  await open(page, inbox(shop));
  await page.getByRole("button", { name: act }).click();
  await page.getByRole("status").waitFor();
  await ready(page);
}

test.use({ contextOptions: { reducedMotion: "reduce" }, shopSeeded: true });

for (const [name, arrive] of Object.entries(PAGES)) {
  test(name, async ({ page, shop }) => {
    await signIn(page, shop, "chiara@example.com");
    await arrive({ page, shop });
    await everyLook(page, name);
  });
}

test("approvals-role", async ({ page, shop }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  await stopped(shop, "nightly refresh");
  await signIn(page, shop, "dev@example.com");
  await open(page, inbox(shop));
  await everyLook(page, "approvals-role");
});
