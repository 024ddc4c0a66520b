// Who sees what of an organisation's billing, and what of it they can do.

import { shownState } from "../support/billing.ts";
import { open, signIn } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test.use({ shopSeeded: true });

test("who may only look sees state, plans and history, and nothing to press", async ({ page, shop, another }) => {
  const org = shop.seed!.organization.id;
  const billing = `${shop.url}/orgs/${org}/billing`;
  const { facts } = JSON.parse(await shop.cli("org", "show", org));
  await signIn(page, shop, "dev@example.com", `/orgs/${org}/billing`);
  await expect(shownState(page)).toHaveText("commercial_active");
  await expect(page.getByText("The contract decides.")).toBeVisible();

  await shop.cli("org", "end-contract", org, facts.contracts[0].id);
  await open(page, billing);
  await expect(shownState(page)).toHaveText("sandbox_grant");
  await expect(page.locator("#plans")).toContainText("Your role only looks.");
  await expect(page.locator("#history")).toContainText("The platform's operator did it");
  await expect(page.getByRole("main").getByRole("radio")).toHaveCount(0);
  await expect(page.locator("main form[method=post]")).toHaveCount(0);
  // The form, sent all the same.
  const sent = await page.request.post(`${billing}/checkout`, {
    form: { planKey: "team", interval: "monthly" },
    headers: { origin: shop.url },
    maxRedirects: 0,
  });
  expect(sent.status()).toBe(403);
  expect(await sent.text()).toContain("forbidden");

  await shop.dev("use-grant", org);
  await open(page, `${shop.url}/orgs/${org}`);
  const ribbon = page.getByRole("region", { name: "Billing state" });
  await expect(ribbon.getByRole("link")).toHaveText("See billing");
  await ribbon.getByRole("link").click();
  await expect(page.getByText("Your role only looks. An owner, an admin or somebody with the billing role can do it.")).toBeVisible();

  const accountant = await another();
  await signIn(accountant, shop, "chiara@example.com", `/orgs/${org}/billing`);
  await accountant.getByRole("button", { name: "Attach a card" }).click();
  await expect(accountant.getByRole("heading", { level: 1 })).toHaveText("Save a card");

  const stranger = await another();
  await signIn(stranger, shop, "eve@example.org");
  expect((await stranger.goto(billing))!.status()).toBe(404);
});
