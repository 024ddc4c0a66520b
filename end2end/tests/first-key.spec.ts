// From nothing to a call that arrived, and on through the life of that key.

import { continueAs, nameOrganisation, open, ready, revoke, rotate, shownSecret, signIn, someone } from "../support/steps.ts";
import { expect, test, type Page, type Secapid } from "../support/test.ts";

test("a newcomer gets a key, calls, and sees the call arrive, on SQLite", async ({ page, server, script }) => {
  await firstKey(page, server, script);
});

test("a newcomer gets a key, calls, and sees the call arrive, on PostgreSQL", async ({ page, postgres, script }) => {
  await firstKey(page, postgres, script);
});

async function firstKey(page: Page, server: Secapid, script: boolean) {
  await test.step("sign in from the landing page", async () => {
    await open(page, server.url);
    await page.getByRole("link", { name: "Get a free API key" }).click();
    await continueAs(page, someone());
    await expect(page).toHaveURL(`${server.url}/onboarding`);
    await ready(page);
  });

  const secret = await test.step("name an organisation", () => nameOrganisation(page, "Harbour <b>& Sons</b>"));
  await expect(page.getByText("Harbour <b>& Sons</b>").first()).toBeVisible();
  await expect(page.locator("#steps")).toContainText(script ? "listening, 0 seen" : "none seen; reload to look");
  for (const snippet of ["curl", "Shell", "Python", "TypeScript", "Rust"]) {
    await expect(page.locator("#use summary", { hasText: snippet })).toBeVisible();
  }
  await expect(page.locator("#use details[open] code")).toContainText(`export SECAPI_API_KEY=${secret}`);

  const copy = page.getByRole("button", { name: "Copy the key" });
  if (script) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await copy.click();
    await expect(page.locator(".secret").getByRole("button")).toHaveText("Copied");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  } else {
    await expect(copy, "a button that would do nothing").toBeHidden();
  }

  const called = await test.step("call with the key", () => server.call("/v1/entities/resolve?ticker=AAPL", secret));
  expect(called.status).toBe(200);
  const request = called.headers.get("request-id")!;
  if (script) {
    await expect(page.locator("#steps").getByRole("status"), "turns by itself").toHaveText("seen", { timeout: 3000 });
    await expect(page.locator("#steps")).toContainText(request);
  }

  await test.step("the overview lists the call", async () => {
    await page.getByRole("link", { name: "I have saved the key, go to the console" }).click();
    await page.waitForURL(/\/orgs\/org_/);
    await expect(async () => {
      await page.reload();
      await expect(page.locator("#requests")).toContainText(request, { timeout: 500 });
    }).toPass();
    await expect(page.locator("#requests")).toContainText("GET /v1/entities/resolve");
    await expect(page.locator("#steps")).toHaveCount(0);
  });

  await test.step("the plan's only key is in use", async () => {
    await page.getByRole("link", { name: "API keys", exact: false }).first().click();
    await expect(page.getByText("1 of 1 in use on the Sandbox plan.")).toBeVisible();
    await expect(page.locator("#create")).toContainText("Every key of the plan is in use.");
    await expect(page.getByText(secret), "a list shows masks alone").toHaveCount(0);
  });

  await page.locator(".ledger").getByRole("link").click();
  const second = await test.step("rotate it, both work for a day", () => rotate(page, "In 24 hours"));
  expect((await server.call("/v1/me", secret)).status).toBe(200);
  expect((await server.call("/v1/me", second)).status).toBe(200);
  await page.getByRole("link", { name: "I have saved the key, back to all keys" }).click();
  await expect(page.locator(".ledger")).toContainText("Rotating");

  await page.locator(".ledger").getByRole("link").click();
  const third = await test.step("rotate it, the old one stops now", () => rotate(page, "Now"));
  expect((await server.call("/v1/me", second)).status).toBe(401);
  expect((await server.call("/v1/me", secret)).status).toBe(401);
  expect((await server.call("/v1/me", third)).status).toBe(200);
  await page.getByRole("link", { name: "I have saved the key, back to all keys" }).click();

  await page.locator(".ledger").getByRole("link").click();
  await test.step("revoke it", () => revoke(page));
  const refused = await server.call("/v1/me", third);
  expect(refused.status).toBe(401);
  await expect(page.locator("#gone")).toContainText("Revoked");

  await test.step("make another", async () => {
    await ready(page);
    await page.getByLabel("Name").fill("after the first");
    await page.getByRole("button", { name: "Create the key" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("after the first is made");
    const fourth = await shownSecret(page);
    expect((await server.call("/v1/me", fourth)).status).toBe(200);
  });
}

test("the first-request step is ticked on the overview after a reload", async ({ page, server }) => {
  await signIn(page, server, someone());
  const secret = await nameOrganisation(page, "Quiet Water");
  await page.getByRole("link", { name: "I have saved the key, go to the console" }).click();
  await expect(page.locator("#steps")).toContainText("First real request");
  await expect(page.locator("#requests")).toContainText("Nothing has called yet.");
  await server.call("/v1/org", secret);
  await expect(async () => {
    await page.reload();
    await expect(page.locator("#requests")).toContainText("GET /v1/org", { timeout: 500 });
  }).toPass();
});

test("a name that will not do is refused beside the field and stays as typed", async ({ page, server, script }) => {
  await signIn(page, server, someone());
  const field = page.getByLabel("Organisation name");
  const error = page.locator("#f-name-error");
  const send = page.getByRole("button", { name: "Create it and show the key" });

  await send.click();
  await expect(page, "an empty field is stopped by the browser").toHaveURL(`${server.url}/onboarding`);
  await expect(page.locator("input:invalid")).toHaveCount(1);

  const refusals: [string, string, RegExp][] = [
    ["   ", "   ", /Give the organisation a name/],
    ["a".repeat(121), "a".repeat(121), /at most 120 characters; this one has 121/],
    ["bell\u0007", "bell\u0007", /line breaks or other control characters/],
    ["turned\u202eround", "turned\u202eround", /line breaks or other control characters/],
  ];
  for (const [typed, kept, why] of refusals) {
    await field.fill(typed);
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await send.click();
    expect((await answered).status()).toBe(422);
    await ready(page);
    await expect(error).toHaveText(why);
    await expect(field).toHaveValue(kept);
    await expect(field).toHaveAttribute("aria-invalid", "true");
  }
  if (script) {
    await field.fill("b".repeat(121));
    await field.blur();
    await expect(error, "said while it is typed").toHaveText(/this one has 121/);
    await field.fill("b".repeat(120));
    await expect(error).toBeEmpty();
  }
  await nameOrganisation(page, "c".repeat(120));
});

test("markup in names is text everywhere", async ({ page, server }) => {
  const name = `<b>bold</b><img src=x onerror=alert(1)>"'&amp;`;
  await signIn(page, server, someone());
  await nameOrganisation(page, name);
  await page.getByRole("link", { name: "I have saved the key, go to the console" }).click();
  await expect(page.locator(".org summary b")).toHaveText(name);
  await expect(page).toHaveTitle(`Overview · ${name} · secapi`);
  await page.goto(`${page.url()}/keys`);
  await page.locator(".ledger").getByRole("link").click();
  await revoke(page);
  await page.getByLabel("Name").fill(`<i>"x"</i>`);
  await page.getByRole("button", { name: "Create the key" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`<i>"x"</i> is made`);
  await expect(page.locator("main img, main i")).toHaveCount(0);
});
