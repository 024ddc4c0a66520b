// The platform's staff: they find organisations, restrict and contract them, and set right what was
// missed. Nobody else learns that these pages exist.

import { account, becomes, choose, customer, portal, ribbon, shownState, stateOf, subscribe, type Customer } from "../support/billing.ts";
import { open, ready, signIn, someone } from "../support/steps.ts";
import { expect, test, type Page, type Secapid } from "../support/test.ts";

/** Of the embedded identity provider; an operator of every development server. */
const STAFF = "olga@example.com";

async function staff(page: Page, shop: Secapid, who: Customer): Promise<void> {
  await signIn(page, shop, STAFF, `/operator/orgs/${who.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Larch & Co");
}

test("an operator finds an organisation by name, id or customer, and by its state", async ({ page, shop, another }) => {
  const who = await customer(page, shop, "Larch & Co");
  await customer(await another(), shop, "Birch Analytics");
  await subscribe(page, shop, who, "Team");
  const { customer: cus } = JSON.parse(await shop.cli("org", "show", who.id));
  const olga = await another();
  await signIn(olga, shop, STAFF, "/operator");
  await expect(olga.getByRole("heading", { level: 1 })).toHaveText("Organisations");
  await expect(olga.locator("tbody tr")).toHaveCount(2);
  for (const text of ["larch", who.id, cus]) {
    await olga.getByLabel("Name, organisation id or customer id").fill(text);
    await olga.getByRole("button", { name: "Find" }).click();
    await olga.waitForURL((url) => url.searchParams.get("q") === text);
    await ready(olga);
    await expect(olga.locator("tbody tr"), text).toHaveCount(1);
    await expect(olga.locator("tbody tr")).toContainText(/Larch & Co.*team_active/s);
  }
  await olga.getByLabel("Name, organisation id or customer id").fill("");
  await olga.getByLabel("State").selectOption("sandbox_grant");
  await olga.getByRole("button", { name: "Find" }).click();
  await expect(olga.locator("tbody tr")).toContainText(["Birch Analytics"]);
  await olga.getByLabel("State").selectOption("restricted_read_only");
  await olga.getByRole("button", { name: "Find" }).click();
  await expect(olga.getByText(/restricted_read_only/).last()).toBeVisible();
  await expect(olga.locator("tbody tr")).toHaveCount(0);
  await olga.goto(`${shop.url}/operator?q=larch`);
  await olga.getByRole("link", { name: "Larch & Co" }).click();
  await expect(olga.locator("#timeline")).toContainText("customer.subscription.created");
  await expect(olga.locator("#timeline")).toContainText("subscribe");
});

test("a restriction stops an organisation with words its people read, and is lifted again", async ({ page, shop, another }) => {
  const who = await customer(page, shop);
  const olga = await another();
  await staff(olga, shop, who);
  const note = "Many accounts, one crawler. Write to <support@example.com>.";
  await olga.getByText("Restrict the organisation").click();
  await olga.getByLabel("Note").fill(note);
  await olga.getByRole("button", { name: "Stop billable calls" }).click();
  await expect(olga.locator(".err").filter({ hasText: "Choose why." })).toBeVisible();
  await ready(olga);
  await expect(olga.getByLabel("Note")).toHaveValue(note);
  await olga.getByRole("radio", { name: /Suspected abuse/ }).check();
  await olga.getByRole("button", { name: "Stop billable calls" }).click();
  await expect(olga.getByText("The organisation is restricted.")).toBeVisible();
  await expect(shownState(olga)).toHaveText("restricted_read_only");

  expect(await stateOf(shop, who)).toBe("restricted_read_only");
  await open(page, who.overview);
  await expect(ribbon(page)).toContainText("Billable calls are stopped by the platform's operator.");
  await ribbon(page).getByRole("link", { name: "Read why" }).click();
  await ready(page);
  await expect(page.locator("blockquote")).toHaveText(note);

  await ready(olga);
  await olga.getByRole("button", { name: "Clear the restriction" }).click();
  await expect(olga.getByText("The restriction is cleared.")).toBeVisible();
  expect(await stateOf(shop, who)).toBe("sandbox_grant");
  await open(page, who.overview);
  await expect(ribbon(page)).toHaveCount(0);
});

test("a contract makes an organisation commercial from its first day to its last, or until it is ended", async ({ page, shop, another }) => {
  const who = await customer(page, shop);
  const olga = await another();
  await staff(olga, shop, who);
  const today = (await shop.dev("clock")).now.slice(0, 10);
  await olga.getByText("Record a contract").click();
  await olga.getByLabel("First day").fill(today);
  await olga.getByLabel("Last day").fill("2020-01-01");
  await olga.getByRole("button", { name: "Record the contract" }).click();
  await expect(olga.getByLabel("Last day")).toHaveAttribute("aria-invalid", "true");
  await ready(olga);
  await olga.getByLabel("Last day").fill("");
  await olga.getByRole("button", { name: "Record the contract" }).click();
  await expect(olga.getByText("The contract is recorded.")).toBeVisible();
  await becomes(shop, who, "commercial_active");
  expect((await account(shop, who)).effectivePlanKey).toBe("commercial");
  await open(page, who.billing);
  await expect(page.getByText("The contract decides.")).toBeVisible();

  await ready(olga);
  await olga.getByText("End it now").click();
  await olga.getByRole("button", { name: "End the contract" }).click();
  await expect(olga.getByText("The contract is ended.")).toBeVisible();
  await becomes(shop, who, "sandbox_grant");
});

test("credit is given on top of the free calls", async ({ page, shop, another }) => {
  const who = await customer(page, shop);
  const olga = await another();
  await staff(olga, shop, who);
  await olga.getByLabel("Calls").fill("many");
  await olga.getByRole("button", { name: "Set the credit" }).click();
  await expect(olga.locator(".err").filter({ hasText: "A number of calls, such as 5,000." })).toBeVisible();
  await ready(olga);
  await olga.getByLabel("Calls").fill("1,000");
  await olga.getByRole("button", { name: "Set the credit" }).click();
  await expect(olga.getByText("The credit is set.")).toBeVisible();
  expect(await account(shop, who)).toMatchObject({ freeGrantTotal: 1_250, freeGrantRemaining: 1_250, evaluationCredit: { calls: 1_000 } });
  await open(page, who.billing);
  await expect(page.getByText("Given to you on top")).toBeVisible();
});

test("what was missed shows as a difference to Stripe's side, which can be taken", async ({ page, shop, another }) => {
  const who = await customer(page, shop);
  await subscribe(page, shop, who, "Personal");
  await shop.dev("faults", '{"webhooks":{"drop":"all"}}');
  await open(page, who.billing);
  await portal(page, "Cancel the plan");
  await page.getByRole("button", { name: "Cancel plan" }).click();
  await expect(page.getByText("The plan ends with its period.")).toBeVisible();
  expect((await account(shop, who)).subscription.cancelAtPeriodEnd, "nobody told us").toBe(false);

  const olga = await another();
  await staff(olga, shop, who);
  await olga.getByRole("link", { name: "Compare with Stripe now" }).click();
  await olga.waitForURL(/compare=1/);
  await ready(olga);
  await expect(olga.getByText("1 of the facts below differ.")).toBeVisible();
  await expect(olga.locator("#stripe tr.differs")).toContainText(/Cancels at period end.*false.*true/s);
  await olga.getByRole("button", { name: "Take Stripe's side" }).click();
  await expect(olga.getByText("Stripe's side is taken.")).toBeVisible();
  expect((await account(shop, who)).subscription.cancelAtPeriodEnd).toBe(true);
  await ready(olga);
  await olga.getByRole("link", { name: "Compare with Stripe now" }).click();
  await expect(olga.getByText("Both sides say the same.")).toBeVisible();

  await shop.dev("faults", '{"api":{"down":"all"}}');
  await olga.reload();
  await expect(olga.getByRole("alert").filter({ hasText: "request" }), "the rest of the page is there").toContainText("payments_unavailable");
  await expect(olga.getByRole("heading", { name: "Time line" })).toBeVisible();
});

test("who is no operator finds nothing there", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await expect(page.getByRole("navigation").getByRole("link", { name: "Organisations" })).toHaveCount(0);
  for (const address of ["/operator", `/operator/orgs/${who.id}`]) {
    expect((await page.goto(shop.url + address))!.status(), address).toBe(404);
  }
  const sent = await page.request.post(`${shop.url}/operator/orgs/${who.id}`, {
    form: { act: "set_credit", calls: "5" },
    headers: { origin: shop.url },
    maxRedirects: 0,
  });
  expect(sent.status()).toBe(404);
  const colleague = someone();
  await shop.cli("operator", "add", colleague);
  await page.context().clearCookies();
  await signIn(page, shop, colleague, "/operator");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Organisations");
  await shop.cli("operator", "remove", colleague);
  expect((await page.goto(`${shop.url}/operator`))!.status()).toBe(404);
});
