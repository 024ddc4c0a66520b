// Plans and cards: from the free calls to every plan and back, on the pages, on the payment provider's
// hosted pages, and in what /v1 says meanwhile.

import { account, attachCard, back, becomes, card, choose, customer, portal, ribbon, shownState, stateOf, subscribe, withScript } from "../support/billing.ts";
import { open, path, ready } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

for (const shopOn of ["sqlite", "postgres"] as const) {
  // What the browser does is the same on both databases: once, with a script, is enough for the other.
  test.describe(shopOn, { tag: shopOn === "postgres" ? ["@script"] : [] }, () => {
    test.use({ shopOn });

    test("the free calls run out, a card is attached, and pay as you go begins", async ({ page, shop }) => {
      const who = await customer(page, shop);
      expect(await stateOf(shop, who)).toBe("sandbox_grant");
      await shop.dev("use-grant", who.id, "--calls", "40");
      await open(page, who.billing);
      await expect(shownState(page)).toHaveText("sandbox_grant");
      await expect(page.getByRole("region", { name: "How it stands" })).toContainText(/Free calls left\s*210\s*of 250/);
      await shop.dev("use-grant", who.id);
      expect(await stateOf(shop, who)).toBe("payg_pending_card");
      await open(page, who.overview);
      await expect(ribbon(page)).toContainText(/payg_pending_card.*All 250 free calls are used/);
      await ribbon(page).getByRole("link", { name: "Attach a card" }).click();
      await ready(page);
      await expect(ribbon(page), "the page says itself what the ribbon would").toHaveCount(0);
      await page.getByRole("button", { name: "Attach a card" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Save a card");
      await card(page, "4444", "Save card");
      await back(page, who);
      await becomes(shop, who, "payg_active");
      await expect(shownState(page)).toHaveText("payg_active");
      await expect(page.locator("#card")).toContainText("Mastercard ending 4444");
      expect(await account(shop, who)).toMatchObject({ billingState: "payg_active", effectivePlanKey: "payg", cardOnFile: true, cardRequired: false });

      await shop.dev("add-usage", who.id, "entity_resolve", "1001");
      await open(page, who.billing);
      await expect(page.locator("#usage")).toContainText("1,001");
      await expect(page.locator("#usage")).toContainText("$6.01");
      expect((await account(shop, who)).budget).toMatchObject({ accruedUsageCents: 601 });
      await open(page, who.overview);
      await expect(ribbon(page)).toHaveCount(0);
    });

    test("a plan is bought by the month, is told on every page, and renews", async ({ page, shop }) => {
      const who = await customer(page, shop);
      await open(page, who.billing);
      await choose(page, "Team", "By the month");
      await expect(page.getByText("$239.00 per month")).toBeVisible();
      await card(page, "4242", "Pay $239.00");
      await back(page, who);
      await becomes(shop, who, "team_active");
      await expect(shownState(page)).toHaveText("team_active");
      await expect(page.locator("#invoices")).toContainText(/Paid.*\$239\.00/s);
      const before = await account(shop, who);
      expect(before).toMatchObject({ effectivePlanKey: "team", subscription: { status: "active", planKey: "team" } });
      await open(page, who.keys);
      await expect(page.getByRole("navigation").getByText("1 of 25")).toBeVisible();
      await shop.dev("clock", "+32d");
      const after = await account(shop, who);
      expect(after.billingState).toBe("team_active");
      expect(after.subscription.currentPeriodStart).toBe(before.subscription.currentPeriodEnd);
      await open(page, who.billing);
      await expect(page.locator("#invoices tbody tr")).toHaveCount(2);
    });
  });
}

test("a plan is bought by the year, and its price is said before", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await open(page, who.billing);
  const personal = page.locator("label.plan").filter({ hasText: "Personal" });
  await expect(personal).toContainText(/\$49\.00\s*a month, \$588\.00 a year/);
  await choose(page, "Personal", "By the year");
  await expect(page.getByText("$588.00 per year")).toBeVisible();
  await card(page, "4242", "Pay $588.00");
  await back(page, who);
  await becomes(shop, who, "personal_active");
  await expect(shownState(page)).toHaveText("personal_active");
  await expect(page.locator(".title")).toContainText("Personal, by the year");
  const { subscription } = await account(shop, who);
  const [start, end] = [subscription.currentPeriodStart, subscription.currentPeriodEnd].map((text) => new Date(text).getTime());
  expect(Math.round((end - start) / 86_400_000)).toBe(365);
});

test("a plan is exchanged for a bigger one in the portal, which charges the difference", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await subscribe(page, shop, who, "Personal");
  await open(page, who.billing);
  await expect(page.getByRole("button", { name: "Continue to checkout" }), "a second plan is not sold").toHaveCount(0);
  await portal(page, "Change the plan");
  await page.getByRole("radio", { name: /Team.*\$239\.00 per month/ }).check();
  await page.getByRole("button", { name: "Switch plan" }).click();
  await page.getByRole("link", { name: "Return to the application" }).click();
  await back(page, who);
  await becomes(shop, who, "team_active");
  await expect(shownState(page)).toHaveText("team_active");
  await expect(page.locator("#invoices tbody tr").first()).toContainText(/Paid.*\$18[34]\.\d\d/s);
});

test("a plan cancelled in the portal holds to the end of what is paid, and the free calls come back", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await subscribe(page, shop, who, "Personal");
  await open(page, who.billing);
  await portal(page, "Cancel the plan");
  await page.getByRole("button", { name: "Cancel plan" }).click();
  await page.getByRole("link", { name: "Return to the application" }).click();
  await back(page, who);
  await expect.poll(async () => (await account(shop, who)).subscription.cancelAtPeriodEnd).toBe(true);
  await open(page, who.billing);
  await expect(page.getByRole("heading", { name: /^The plan ends on / })).toBeVisible();
  expect(await stateOf(shop, who)).toBe("personal_active");

  await portal(page, "Keep the plan");
  await page.getByRole("button", { name: "Resume plan" }).click();
  await page.getByRole("button", { name: "Cancel plan" }).click();
  await page.getByRole("link", { name: "Return to the application" }).click();
  await back(page, who);
  await shop.dev("clock", "+32d");
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  await open(page, who.billing);
  await expect(shownState(page)).toHaveText("sandbox_grant");
  await expect(page.getByRole("button", { name: "Continue to checkout" })).toBeVisible();
});

test("a Checkout that is left comes back to what was before, and can be gone on with", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await open(page, who.billing);
  await choose(page, "Team", "By the month");
  const hosted = page.url();
  await page.getByRole("link", { name: "Cancel and go back" }).click();
  await back(page, who);
  expect(path(page)).toBe(new URL(who.billing).pathname);
  await expect(shownState(page)).toHaveText("sandbox_grant");
  await expect(page.getByText("You began a checkout for Team, by the month and did not finish it")).toBeVisible();
  await page.getByRole("link", { name: "Go on with it" }).click();
  await page.waitForURL(hosted);
  await card(page, "4242", "Pay $239.00");
  await back(page, who);
  await becomes(shop, who, "team_active");
});

test("a declined card changes nothing, and another one pays", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await open(page, who.billing);
  await choose(page, "Personal", "By the month");
  await card(page, "0002", "Pay $55.00");
  await expect(page.getByRole("alert")).toHaveText("Your card was declined.");
  await card(page, "9995", "Pay $55.00");
  await expect(page.getByRole("alert")).toHaveText("Your card has insufficient funds.");
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  await card(page, "3155", "Pay $55.00");
  await page.getByRole("button", { name: "Fail authentication" }).click();
  await expect(page.getByRole("alert")).toContainText("unable to authenticate");
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  await card(page, "3155", "Pay $55.00");
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await back(page, who);
  await becomes(shop, who, "personal_active");
  await expect(shownState(page)).toHaveText("personal_active");
});

test("two tabs share one Checkout, and nothing is bought twice", async ({ page, shop }) => {
  const who = await customer(page, shop);
  const other = await page.context().newPage();
  for (const tab of [page, other]) {
    await open(tab, who.billing);
    await choose(tab, "Team", "By the month");
    await expect(tab.getByRole("button", { name: "Pay $239.00" })).toBeVisible();
  }
  expect(other.url()).toBe(page.url());
  await card(page, "4242", "Pay $239.00");
  await back(page, who);
  await card(other, "4242", "Pay $239.00");
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("This is done");
  await becomes(shop, who, "team_active");
  await open(other, who.billing);
  await expect(other.locator("#invoices tbody tr")).toHaveCount(1);
});

test("another plan's Checkout closes the first", async ({ page, shop }) => {
  const who = await customer(page, shop);
  const other = await page.context().newPage();
  await open(page, who.billing);
  await choose(page, "Team", "By the month");
  await open(other, who.billing);
  await choose(other, "Personal", "By the month");
  await page.getByRole("button", { name: "Pay $239.00" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This page has expired");
  await card(other, "4242", "Pay $55.00");
  await back(other, who);
  await becomes(shop, who, "personal_active");
});

test("a return without a payment grants nothing, and the wait for it ends honestly", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await open(page, who.billing);
  await choose(page, "Team", "By the month");
  await expect(page.getByRole("button", { name: "Pay $239.00" })).toBeVisible();
  if (withScript()) {
    await page.clock.install();
    await open(page, `${who.billing}?confirming=1`);
    await expect(page.getByText("Confirming with the payment provider.")).toBeVisible();
    for (let asked = 0; asked < 10; asked += 1) {
      const answer = page.waitForResponse(/\/billing\/confirmed$/);
      await page.clock.runFor(3_000);
      await (await answer).finished();
    }
    await page.clock.runFor(3_000);
    await expect(page.getByText("Nothing new for half a minute.")).toBeVisible();
  } else {
    // The page loads itself again, the tenth time for the last.
    await page.goto(`${who.billing}?confirming=9`);
    await expect(page.getByText("Confirming with the payment provider.")).toBeVisible();
    await page.waitForURL(/confirming=10$/);
    await expect(page.getByText("It takes longer than usual.")).toBeVisible();
    await expect(page.locator("meta[http-equiv=refresh]")).toHaveCount(0);
  }
  await expect(shownState(page)).toHaveText("sandbox_grant");
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  const forged = await page.request.get(`${who.billing}?confirming=1&session_id=cs_test_forged`);
  expect(forged.status()).toBe(200);
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
});

test("what was paid while nobody told us is found by reconciling", { tag: "@script" }, async ({ page, shop }) => {
  const who = await customer(page, shop);
  await shop.dev("faults", '{"webhooks":{"drop":"all"}}');
  await open(page, who.billing);
  await choose(page, "Team", "By the month");
  await expect(page.getByRole("button", { name: "Pay $239.00" })).toBeVisible();
  // Paid, and the browser closed before it came back.
  const paid = await page.request.post(page.url(), { form: { card: "4242" }, maxRedirects: 0 });
  expect(paid.status()).toBe(303);
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  expect(JSON.parse(await shop.cli("reconcile")).events).toBeGreaterThan(0);
  expect(await stateOf(shop, who)).toBe("team_active");
  await open(page, who.billing);
  await expect(page.locator("#history")).toContainText(/team_active: the Team plan is subscribed to\./);
});

test("while the payment provider is down the form says so, keeps the choice, and works afterwards", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await shop.dev("faults", '{"api":{"down":"all"}}');
  await open(page, who.billing);
  await choose(page, "Team", "By the month");
  const alert = page.getByRole("alert").filter({ hasText: "request" });
  await expect(alert).toContainText(/payments_unavailable.*req_[0-9A-Z]{26}/s);
  await ready(page);
  await expect(page.getByRole("radio", { name: /^Team/ })).toBeChecked();
  await expect(page.getByRole("group", { name: "Billing interval" }).locator("[aria-current=true]")).toHaveText("By the month");
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  await shop.dev("faults", "{}");
  await page.getByRole("button", { name: "Continue to checkout" }).click();
  await card(page, "4242", "Pay $239.00");
  await back(page, who);
  await becomes(shop, who, "team_active");
});

test("an answer of the payment provider that is lost leaves one Checkout behind, not two", { tag: "@script" }, async ({ page, shop }) => {
  const who = await customer(page, shop);
  await open(page, who.billing);
  await shop.dev("faults", '{"api":{"reset_after_effect":2}}');
  await choose(page, "Personal", "By the month");
  if (await page.getByRole("alert").filter({ hasText: "request" }).isVisible()) {
    await ready(page);
    await page.getByRole("button", { name: "Continue to checkout" }).click();
  }
  await card(page, "4242", "Pay $55.00");
  await back(page, who);
  await becomes(shop, who, "personal_active");
  expect(JSON.parse(await shop.cli("org", "show", who.id)).customer).toMatch(/^cus_/);
});

test("the account can be asked how it was on any day", async ({ page, shop }) => {
  const who = await customer(page, shop);
  const day = (text: string) => text.slice(0, 10);
  const born = day((await shop.dev("clock")).now);
  await shop.dev("clock", "+3d");
  await attachCard(page, shop, who);
  const carded = day((await shop.dev("clock")).now);
  await shop.dev("clock", "+2d");
  await open(page, who.billing);
  for (const [asked, state, today] of [
    [born, "sandbox_grant", "Today it is payg_active"],
    [carded, "payg_active", "That is the state today as well."],
  ]) {
    await page.getByLabel("How was it at the end of a day?").fill(asked);
    await page.getByRole("button", { name: "Show that day" }).click();
    await page.waitForURL(/as_of=/);
    await ready(page);
    await expect(page.locator("#then")).toContainText(state);
    await expect(page.locator("#then")).toContainText(today);
    expect((await account(shop, who, `?as_of=${asked}`)).billingState).toBe(state);
  }
  await expect(shownState(page), "all else is today's").toHaveText("payg_active");
  await open(page, `${who.billing}?as_of=2099-01-01`);
  await expect(page.getByText("That day is still to come.")).toBeVisible();
});
