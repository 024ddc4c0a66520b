// What may be spent: limits set in the console, tried before they are saved, met by real calls, raised
// again; by the organisation and by a key; typed, and moved along the gauge.

import { account, attachCard, becomes, customer, declineRenewal, subscribe, type Customer } from "../support/billing.ts";
import { continueAs, open, path, ready, signIn } from "../support/steps.ts";
import { expect, test, type Page, type Secapid } from "../support/test.ts";

const RESOLVE = "/v1/entities/resolve?ticker=MSFT";

/** A field of the editor. */
function field(page: Page, name: "Soft cap" | "Approval" | "Spend cap") {
  return page.getByRole("textbox", { name });
}

/** A field's line in the form: its hint, what it means, what is wrong. */
function line(page: Page, name: "Soft cap" | "Approval" | "Spend cap") {
  return page.locator(".field.amount").filter({ has: field(page, name) });
}

async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save these limits" }).click();
}

async function saved(page: Page): Promise<void> {
  await expect(page.getByText("Saved. The limits hold from the next request on.")).toBeVisible();
  await ready(page);
}

/** Somebody on pay as you go, on the budget page. */
async function payer(page: Page, shop: Secapid): Promise<Customer> {
  const who = await customer(page, shop);
  await attachCard(page, shop, who);
  await open(page, `${who.overview}/budget`);
  return who;
}

async function call(shop: Secapid, secret: string): Promise<number> {
  return (await shop.call(RESOLVE, secret)).status;
}

for (const shopOn of ["sqlite", "postgres"] as const) {
  test.describe(shopOn, { tag: shopOn === "postgres" ? ["@script"] : [] }, () => {
    test.use({ shopOn });

    test("a cap is set, met by calls, seen, and raised", async ({ page, shop }) => {
      const who = await payer(page, shop);
      await expect(page.locator(".gauge figcaption")).toContainText(/\$0\.00 spent in \w+; no spend cap is set\./);
      // Five calls at $0.0060 each.
      await field(page, "Spend cap").fill("0.03");
      await save(page);
      await saved(page);
      expect((await account(shop, who)).budget).toMatchObject({ spendCapCents: 3, softCapCents: null });
      for (let n = 0; n < 5; n += 1) expect(await call(shop, who.secret)).toBe(200);
      const refused = await shop.call(RESOLVE, who.secret);
      expect([refused.status, refused.body.code]).toEqual([402, "billing_budget_hard_cap_exceeded"]);

      await page.reload();
      await ready(page);
      await expect(page.locator(".gauge figcaption")).toContainText("$0.03 spent of $0.03");
      await expect(page.locator(".gauge figcaption")).toContainText("the cap is reached");
      await expect(page.getByRole("navigation").getByText("100 %")).toBeVisible();
      await expect(line(page, "Spend cap")).toContainText("$0.03 is spent already: from the next request on");
      await open(page, who.overview);
      await expect(page.locator("#spend figcaption")).toContainText("the cap is reached");
      await page.getByRole("link", { name: "Limits, and what others would have done" }).click();
      await ready(page);

      await field(page, "Spend cap").fill("$1");
      await save(page);
      await saved(page);
      await expect(field(page, "Spend cap")).toHaveValue("1.00");
      expect(await call(shop, who.secret)).toBe(200);
      await open(page, page.url().split("?")[0]!);
      await expect(page.locator("#keys")).toContainText("$0.04");
    });

    test("what would have been stopped is shown before anything is saved", async ({ page, shop }) => {
      const who = await payer(page, shop);
      for (let n = 0; n < 5; n += 1) expect(await call(shop, who.secret)).toBe(200);
      await field(page, "Spend cap").fill("0.02");
      await field(page, "Soft cap").fill("0.01");
      await page.getByRole("button", { name: "See what this would have done" }).click();
      await page.waitForURL(/\/budget\?.*cap=0\.02/);
      await ready(page);
      const result = page.locator("#what-if");
      // $0.018 fits, $0.024 does not; nothing after it does either.
      await expect(result).toContainText("5 charged calls replayed");
      await expect(result).toContainText("2 of 5 calls would have been stopped, and $0.01 not spent.");
      await expect(result.getByRole("row", { name: /Stopped/ })).toHaveCount(2);
      const request = result.getByRole("row", { name: /Stopped/ }).first().getByRole("link");
      await expect(request).toHaveAttribute("href", new RegExp(`^/orgs/${who.id}/requests/req_`));
      await expect(result).toContainText("You would have been told; calls go on.");
      await expect(field(page, "Spend cap")).toHaveValue("0.02");
      await expect(line(page, "Spend cap")).toContainText("Now none.");
      expect((await account(shop, who)).budget).toMatchObject({ spendCapCents: null });
      expect(await call(shop, who.secret)).toBe(200);
      await save(page);
      await saved(page);
      expect(await call(shop, who.secret)).toBe(402);
    });
  });
}

test("what was typed is kept beside what is wrong with it, and nothing is changed", async ({ page, shop }) => {
  const who = await payer(page, shop);
  await field(page, "Soft cap").fill("60");
  await field(page, "Approval").fill("forty");
  await field(page, "Spend cap").fill("49,99");
  await save(page);
  await expect(line(page, "Approval").locator(".err")).toHaveText(/^Write dollars and cents/);
  await expect(line(page, "Spend cap").locator(".err")).toHaveText(/^Write dollars and cents/);
  expect(path(page)).toBe(`/orgs/${who.id}/budget`);
  await ready(page);
  await expect(field(page, "Approval")).toHaveValue("forty");
  await expect(field(page, "Spend cap")).toHaveAttribute("aria-invalid", "true");
  await field(page, "Approval").fill("40");
  await field(page, "Spend cap").fill("50");
  await save(page);
  await expect(line(page, "Soft cap").locator(".err")).toHaveText("This is above the spend cap, so it would never come into play.");
  await ready(page);
  await expect(field(page, "Soft cap")).toHaveValue("60");
  expect((await account(shop, who)).budget).toMatchObject({ spendCapCents: null, softCapCents: null, approvalThresholdCents: null });
  await field(page, "Soft cap").fill("30");
  await save(page);
  await saved(page);
  expect((await account(shop, who)).budget).toMatchObject({ spendCapCents: 5000, softCapCents: 3000, approvalThresholdCents: 4000 });
  await expect(page.locator("#limits header")).toContainText("Set ");
  // An empty field clears its limit.
  await field(page, "Approval").fill("");
  await save(page);
  await saved(page);
  expect((await account(shop, who)).budget).toMatchObject({ spendCapCents: 5000, approvalThresholdCents: null });
});

test("what was typed outlives the session it was typed in", async ({ page, shop }) => {
  const who = await payer(page, shop);
  await field(page, "Soft cap").fill("20");
  await field(page, "Spend cap").fill("$1,250.50");
  await page.context().clearCookies();
  await save(page);
  await page.waitForURL(/\/sign-in/);
  await continueAs(page, who.address);
  await page.waitForURL(/\/budget\?/);
  await ready(page);
  await expect(field(page, "Spend cap")).toHaveValue("$1,250.50");
  await expect(page.locator("#what-if"), "it is shown again, not tried").toHaveCount(0);
  await save(page);
  await saved(page);
  expect((await account(shop, who)).budget).toMatchObject({ spendCapCents: 125_050, softCapCents: 2000 });
});

test("a key has a cap of its own, and stops alone", async ({ page, shop }) => {
  const who = await payer(page, shop);
  const other = await (async () => {
    await open(page, who.keys);
    await page.getByLabel("Name").fill("second");
    await page.getByRole("button", { name: "Create the key" }).click();
    await page.locator(".secret code").waitFor();
    return page.locator(".secret code").innerText();
  })();
  // The page with the secret asks before it is left; the key is kept here already.
  page.on("dialog", (dialog) => void dialog.accept());
  await open(page, who.keys);
  await expect(page.locator(".ledger").getByRole("row", { name: /second/ })).toContainText("No cap of its own. Never expires.");
  await page.locator(".ledger").getByRole("link", { name: "second" }).click();
  await ready(page);
  await expect(page.locator("#safety")).toContainText("No cap of its own. Set a spend cap: a leaked key then costs that much at most.");
  await field(page, "Spend cap").fill("0.01");
  await save(page);
  await saved(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Budget of second");
  expect(await call(shop, other)).toBe(200);
  expect(await call(shop, other), "two calls are $0.0120").toBe(402);
  expect(await call(shop, who.secret)).toBe(200);
  await page.getByRole("link", { name: "second", exact: true }).click();
  await ready(page);
  await expect(page.locator("#budget figcaption")).toContainText("$0.01 spent of $0.01");
  await expect(page.locator("#safety")).not.toContainText("No cap of its own");
  await field(page, "Spend cap").fill("0.02");
  await save(page);
  await saved(page);
  expect(await call(shop, other)).toBe(200);
  await open(page, who.keys);
  await expect(page.locator(".ledger").getByRole("row", { name: /second/ })).toContainText("of $0.02");
});

test("while a payment is open limits fall only, and a restricted organisation has none to change", async ({ page, shop }) => {
  const who = await customer(page, shop);
  await subscribe(page, shop, who, "Personal");
  await open(page, `${who.overview}/budget`);
  await field(page, "Spend cap").fill("50");
  await save(page);
  await saved(page);
  await declineRenewal(shop, who);
  await open(page, `${who.overview}/budget`);
  await expect(page.getByText("A payment is open: limits can be lowered, not raised, until it is settled.")).toBeVisible();
  await field(page, "Spend cap").fill("60");
  await save(page);
  await expect(line(page, "Spend cap").locator(".err")).toHaveText("While a payment is open this can be lowered, not raised or cleared.");
  await ready(page);
  await expect(field(page, "Spend cap")).toHaveValue("60");
  await field(page, "Spend cap").fill("40");
  await save(page);
  await saved(page);
  await shop.dev("clock", "+15d");
  await becomes(shop, who, "restricted_read_only");
  await open(page, `${who.overview}/budget`);
  await expect(page.locator("#limits")).toContainText("Limits cannot be changed while the organisation is restricted.");
  await expect(page.getByRole("button", { name: "Save these limits" })).toHaveCount(0);
  expect((await account(shop, who)).budget.spendCapCents).toBe(4000);
});

test.describe("with the seeded organisation", () => {
  test("who may only look sees the gauge and what limits would have done, and changes nothing", async ({ page, seeded }) => {
    const budget = `/orgs/${seeded.seed.organization.id}/budget`;
    await signIn(page, seeded, "dev@example.com", `${budget}?cap=5`);
    await expect(page.locator("#limits")).toContainText("Your role only looks.");
    await expect(page.getByRole("button", { name: "Save these limits" })).toHaveCount(0);
    await expect(page.locator("#what-if")).toContainText(/would have been stopped/);
    const sent = await page.request.post(`${seeded.url}${budget}`, {
      form: { soft: "", approval: "", cap: "1" },
      headers: { origin: seeded.url },
      maxRedirects: 0,
    });
    expect(sent.status()).toBe(403);
  });

  test("a month of spend is told by key, with its forecast and who set the limits", async ({ page, seeded }) => {
    await signIn(page, seeded, "chiara@example.com", `/orgs/${seeded.seed.organization.id}/budget`);
    await expect(page.locator("#limits header")).toContainText("by Chiara");
    await expect(page.locator("#keys tbody tr").first()).toBeVisible();
    await expect(page.locator("#forecast")).toContainText("At the month's end");
    await expect(field(page, "Spend cap")).toHaveValue("60.00");
  });
});

test.describe("with a script", { tag: "@script" }, () => {
  test("what a limit means is said while it is typed, and what is wrong when it is left", async ({ page, shop }) => {
    await payer(page, shop);
    await field(page, "Spend cap").pressSequentially("12.5");
    await expect(line(page, "Spend cap")).toContainText(/past \$12\.50 is refused before any work/);
    await field(page, "Soft cap").fill("20");
    await expect(line(page, "Soft cap").locator(".err")).toBeEmpty();
    await field(page, "Soft cap").blur();
    await expect(line(page, "Soft cap").locator(".err")).toHaveText(/above the spend cap/);
    await field(page, "Spend cap").fill("25");
    await expect(line(page, "Soft cap").locator(".err"), "the other field made it right").toBeEmpty();
    await expect(page.getByRole("slider", { name: "Spend cap" })).toHaveAttribute("aria-valuetext", "$25.00");
  });

  test("limits are moved along the gauge by keys and by pointer", async ({ page, shop }) => {
    const who = await payer(page, shop);
    await field(page, "Spend cap").fill("10");
    await save(page);
    await saved(page);
    const cap = page.getByRole("slider", { name: "Spend cap" });
    await expect(cap).toHaveAttribute("aria-valuetext", "$10.00");
    await cap.focus();
    await page.keyboard.press("ArrowLeft");
    const [lower] = await values(page);
    expect(lower).toBeLessThan(10);
    await page.keyboard.press("ArrowRight");
    await expect(field(page, "Spend cap")).toHaveValue("10.00");
    await page.keyboard.press("PageDown");
    expect((await values(page))[0]).toBeLessThan(lower!);
    await page.keyboard.press("Home");
    await expect(field(page, "Spend cap")).toHaveValue("0.00");
    await expect(line(page, "Spend cap")).toContainText("is spent already");
    await page.keyboard.press("End");
    await expect(field(page, "Spend cap")).toHaveValue("");
    await expect(cap).toHaveAttribute("aria-valuetext", "No limit");

    const track = (await page.locator(".gauge > svg").boundingBox())!;
    const tag = (await cap.boundingBox())!;
    await page.mouse.move(tag.x + tag.width / 2, tag.y + tag.height / 2);
    await page.mouse.down();
    await page.mouse.move(track.x + track.width / 4, tag.y, { steps: 5 });
    await page.mouse.up();
    const [dragged] = await values(page);
    expect(dragged).toBeGreaterThan(2);
    expect(dragged).toBeLessThan(8);
    await save(page);
    await saved(page);
    expect((await account(shop, who)).budget.spendCapCents).toBe(Math.round(dragged! * 100));
  });
});

/** What stands in the field of the spend cap, in dollars. */
async function values(page: Page): Promise<number[]> {
  return [Number(await field(page, "Spend cap").inputValue())];
}
