// A spend above the threshold: asked for by a key, decided by a person with the receipt before them, used
// once; and why a request was stopped, afterwards.

import { budget, inbox, org, pathOf, search, statusOf, stopped, waiting } from "../support/approvals.ts";
import { open, ready, signIn } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test.use({ shopSeeded: true });

/** Of the billing role. */
const CHIARA = "chiara@example.com";
/** A developer: looks, and decides nothing. */
const DEV = "dev@example.com";

for (const shopOn of ["sqlite", "postgres"] as const) {
  test.describe(shopOn, { tag: shopOn === "postgres" ? ["@script"] : [] }, () => {
    test.use({ shopOn });

    test("a call over the threshold waits for a person, then passes once and no more", async ({ page, shop }) => {
      await signIn(page, shop, CHIARA, pathOf(inbox(shop)));
      await expect(page.getByText("Nothing waits.")).toBeVisible();
      await budget(shop, { spendCapCents: 1_000_000, approvalThresholdCents: 0 });
      const asked = await stopped(shop, "quarterly backfill");
      expect(asked.url).toBe(inbox(shop));
      expect(await statusOf(shop, asked.approval)).toBe("pending");
      const early = await search(shop, { approval: asked.approval, purpose: "quarterly backfill" });
      expect([early.status, early.body.code]).toEqual([409, "approval_not_usable"]);

      await open(page, asked.url);
      await expect(page.getByText("One spend waits for a person.")).toBeVisible();
      await expect(page.getByRole("navigation").getByRole("link", { name: "Approvals 1 waiting" })).toBeVisible();
      const one = waiting(page, asked.approval);
      await expect(one.getByRole("heading", { level: 3 })).toHaveText("demonstration asks to spend $0.0024");
      await expect(one).toContainText("quarterly backfill");
      await expect(one).toContainText(/Time left\s*1[45] min, until \d\d:\d\d:\d\d UTC/);
      await expect(one).toContainText(/Leaves under the spend cap\s*\$9,\d\d\d\.\d\d/);
      const receipt = one.getByRole("article");
      await expect(receipt).toContainText("GET /v1/entities");
      await expect(receipt).toContainText("402, denied");
      await expect(receipt).toContainText("Above the organisation's threshold of $0.00 a person must approve, and nobody had.");
      await expect(receipt).toContainText(/Charged if approved\s*\$0\.0024/);
      const gates = receipt.getByRole("list", { name: "Gates in the order in which they were asked" });
      await expect(gates.getByRole("listitem").last()).toContainText(/stopped it\s*Approval threshold\s*\$[\d,.]+ > \$0\.00/);
      await expect(gates.getByRole("listitem").last()).toContainText("by demonstration.");
      await expect(receipt).toContainText(asked.id);

      await one.getByRole("button", { name: "Approve $0.0024 once" }).click();
      await expect(page.getByRole("status")).toContainText("Approved: demonstration may spend $0.0024 once,");
      await expect(page.getByRole("status")).toContainText(`secapi-approval-id: ${asked.approval}`);
      await ready(page);
      await expect(page.getByText("Nothing waits.")).toBeVisible();
      await expect(page.locator("#history tbody tr")).toHaveCount(1);
      await expect(page.locator("#history")).toContainText(/Approved\s*By Chiara Moreau; not used yet, good until/);

      const other = await search(shop, { approval: asked.approval, purpose: "something else" });
      expect([other.status, other.body.code]).toEqual([409, "approval_not_usable"]);
      const passed = await search(shop, { approval: asked.approval, purpose: "quarterly backfill" });
      expect(passed.status).toBe(200);
      const twice = await search(shop, { approval: asked.approval, purpose: "quarterly backfill" });
      expect([twice.status, twice.body.code]).toEqual([409, "approval_not_usable"]);
      expect(await statusOf(shop, asked.approval)).toBe("used");
      await open(page, inbox(shop));
      await expect(page.locator("#history")).toContainText(/Used\s*Approved by Chiara Moreau/);

      await open(page, `${org(shop)}/requests/${passed.id}`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Why this request passed");
      await expect(page.getByRole("article")).toContainText("A person had approved it.");
      await expect(page.getByRole("article")).toContainText(/Charged\s*\$0\.0024/);
      await expect(page.locator("#story")).toContainText("Chiara");
    });
  });
}

test("what is denied stays denied, and the key may ask anew", async ({ page, shop }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  const first = await stopped(shop);
  const again = await stopped(shop);
  expect(again.approval, "asked once, however often it is tried").toBe(first.approval);
  await signIn(page, shop, CHIARA, pathOf(inbox(shop)));
  await waiting(page, first.approval).getByRole("button", { name: "Deny" }).click();
  await expect(page.getByRole("status")).toContainText("Denied: $0.0024 was not spent. That is final");
  expect(await statusOf(shop, first.approval)).toBe("denied");
  const used = await search(shop, { approval: first.approval });
  expect([used.status, used.body.code]).toEqual([409, "approval_not_usable"]);
  await expect(page.locator("#history")).toContainText("Denied");
  const anew = await stopped(shop);
  expect(anew.approval).not.toBe(first.approval);
});

test("of two people the first decides, and the other is told", async ({ page, shop, another }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  const { approval } = await stopped(shop);
  await signIn(page, shop, CHIARA, pathOf(inbox(shop)));
  const second = await another();
  await signIn(second, shop, "ada@example.com", pathOf(inbox(shop)));
  await waiting(page, approval).getByRole("button", { name: "Deny" }).click();
  await expect(page.getByRole("status")).toContainText("Denied");
  await waiting(second, approval).getByRole("button", { name: /^Approve/ }).click();
  await expect(second.getByRole("alert")).toContainText("It was decided already.");
  await expect(second.getByRole("alert")).toContainText("approval_not_decidable");
  await expect(second.getByText("Nothing waits.")).toBeVisible();
  expect(await statusOf(shop, approval)).toBe("denied");
});

test("what nobody decided in time has expired", async ({ page, shop }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  const { approval } = await stopped(shop);
  await signIn(page, shop, CHIARA, pathOf(inbox(shop)));
  await expect(waiting(page, approval)).toBeVisible();
  await shop.dev("clock", "+16m");
  await waiting(page, approval).getByRole("button", { name: /^Approve/ }).click();
  await expect(page.getByRole("alert")).toContainText("It has expired.");
  await expect(page.locator("#history")).toContainText(/Expired\s*Nobody decided in time/);
  expect(await statusOf(shop, approval)).toBe("expired");
});

test("who may only look sees what waits and nothing to press", async ({ page, shop }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  const { approval } = await stopped(shop);
  await signIn(page, shop, DEV, pathOf(inbox(shop)));
  await expect(waiting(page, approval)).toContainText("demonstration asks to spend");
  await expect(page.getByText("Your role only looks. An owner, an admin or somebody with the billing role decides.")).toBeVisible();
  await expect(page.locator("main form[method=post]")).toHaveCount(0);
  const sent = await page.request.post(inbox(shop), {
    form: { approval, decision: "approve", form_id: "01K9ZP3V5W8Q2R4T6Y7X9B1D3F" },
    headers: { origin: shop.url },
    maxRedirects: 0,
  });
  expect(sent.status()).toBe(403);
  expect(await statusOf(shop, approval)).toBe("pending");
});

test("a denial is explained, from the list of requests to what would have made it pass", async ({ page, shop }) => {
  await budget(shop, { spendCapCents: 0 });
  const denied = await search(shop);
  expect([denied.status, denied.body.code]).toEqual([402, "billing_budget_hard_cap_exceeded"]);
  await signIn(page, shop, CHIARA, pathOf(org(shop)));
  const listed = page.locator("#requests").getByRole("link", { name: denied.id });
  await expect(async () => {
    await page.reload();
    await expect(listed).toBeVisible({ timeout: 500 });
  }).toPass();
  await listed.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Why this request was denied");
  await ready(page);
  const month = new Date().toLocaleString("en-GB", { month: "long", timeZone: "UTC" });
  const receipt = page.getByRole("article");
  await expect(receipt).toContainText(new RegExp(`It would have taken ${month} to \\$[\\d,.]+, and the organisation's spend cap was \\$0\\.00\\.`));
  await expect(receipt).toContainText(/Commercial, 60 % off\s*− \$0\.0036/);
  await expect(receipt).toContainText(/Charged\s*\$0\.00/);
  const main = page.getByRole("main");
  await expect(main).toContainText(/Raise the organisation's spend cap from \$0\.00 to at least \$[\d,]+\.\d\d\./);
  await expect(main).toContainText("organization_spend_cap");
  await expect(page.locator("#story")).toContainText("Answered 402 after");
  const { body } = await shop.call(`/v1/diagnostics/requests/${denied.id}`, shop.seed!.apiKey.secret);
  expect(body).toMatchObject({ requestId: denied.id, request: { status: 402 }, decision: { verdict: "denied", rule: "organization_spend_cap" } });
  // What it says is enough is enough, and is allowed to be used up.
  await budget(shop, { spendCapCents: body.decision.wouldPass[0].limitCents });
  expect((await search(shop)).status).toBe(200);
});

test("a denial above the threshold leads to the inbox, and the overview says that something waits", async ({ page, shop }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  const asked = await stopped(shop);
  await signIn(page, shop, CHIARA, pathOf(org(shop)));
  await page.getByRole("link", { name: "Look at it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Approvals");
  await ready(page);
  await waiting(page, asked.approval).getByRole("link", { name: "Everything about this request" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Why this request was denied");
  await ready(page);
  await expect(page.locator("#story")).toContainText("A person was asked to approve $0.0024.");
  await page.getByRole("link", { name: "Decide" }).click();
  await expect(waiting(page, asked.approval)).toBeVisible();
});

test("requests that asked no gate, or that nobody knows, say so", async ({ page, shop }) => {
  const me = await shop.call("/v1/me", shop.seed!.apiKey.secret);
  const id = me.headers.get("request-id")!;
  await signIn(page, shop, CHIARA);
  await expect(async () => {
    await page.goto(`${org(shop)}/requests/${id}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("What is known of this request", { timeout: 500 });
  }).toPass();
  await expect(page.getByText("This route costs nothing, so no gate was asked.")).toBeVisible();
  expect((await page.goto(`${org(shop)}/requests/nothing-by-that-name`))!.status()).toBe(404);
});

test("an approval is decided by the keyboard alone, and sent twice it is decided once", async ({ page, shop }) => {
  await budget(shop, { approvalThresholdCents: 0 });
  const { approval } = await stopped(shop);
  await signIn(page, shop, CHIARA, pathOf(inbox(shop)));
  const approve = waiting(page, approval).getByRole("button", { name: /^Approve/ });
  for (let step = 0; step < 60 && !(await approve.evaluate((button) => button === document.activeElement)); step++) {
    await page.keyboard.press("Tab");
  }
  await expect(approve).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("Approved");
  await page.goBack();
  const still = waiting(page, approval).getByRole("button", { name: /^Approve/ });
  if (await still.isVisible()) {
    await still.click();
    await expect(page.getByRole("status")).toContainText("Approved");
  }
  expect(await statusOf(shop, approval)).toBe("approved");
});

test("a receipt prints without the console around it", async ({ page, shop }) => {
  await budget(shop, { spendCapCents: 0 });
  const denied = await search(shop);
  await signIn(page, shop, CHIARA, `${pathOf(org(shop))}/requests/${denied.id}`);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("article")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Console" })).toBeHidden();
  await expect(page.locator(".call")).toBeHidden();
});
