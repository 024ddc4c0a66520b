// Keys of a busy organisation: what the list tells, what the form refuses, what an act changes.

import { randomUUID } from "node:crypto";
import { open, path, ready, revoke, rotate, settleIn, shownSecret, signIn } from "../support/steps.ts";
import { expect, test, type Page } from "../support/test.ts";

const OWNER = "ada@example.com";

/** A key's row in the list. */
function row(page: Page, label: string) {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name: label, exact: true }) });
}

test("the list shows every state in words, and what to do about it", async ({ page, seeded }) => {
  await signIn(page, seeded, OWNER, `/orgs/${seeded.seed.organization.id}/keys`);
  await expect(row(page, "production-ingest")).toContainText("Works");
  await expect(row(page, "backfill")).toContainText(/Rotating.*The old secret works until/s);
  await expect(row(page, "old-ci")).toContainText(/Look.*Can make and revoke keys.*Unused for \d+ days/s);
  await expect(row(page, "staging")).toContainText("Test");
  await expect(row(page, "staging")).not.toContainText("never", { timeout: 1 });
  const gone = page.locator("#gone");
  await expect(gone).toContainText("ben-laptop");
  await expect(gone).toContainText(/Revoked.*Since/s);
  await expect(row(page, "production-ingest")).toContainText("Ada Lindqvist");
  expect(await page.content(), "masks alone").not.toMatch(/secapi_(live|test)_[0-9A-Za-z]{38}/);
});

test("a key's page says what it is, what it did and what an end would break", async ({ page, seeded }) => {
  await signIn(page, seeded, OWNER, `/orgs/${seeded.seed.organization.id}/keys`);
  await page.getByRole("link", { name: "production-ingest" }).click();
  await ready(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("production-ingest");
  await expect(page.locator("#requests li code").first()).toContainText("/v1/");
  await page.locator("#revoke summary.btn").click();
  await expect(page.locator("#revoke")).toContainText(/with \d+ calls in the last 24 hours/);
  await page.getByRole("link", { name: "All keys" }).click();
  await page.getByRole("link", { name: "ben-laptop" }).click();
  await expect(page.locator("#rotate, #revoke"), "nothing can be done to a revoked key").toHaveCount(0);
});

test("a refused form says why beside the field and keeps what was chosen", async ({ page, seeded }) => {
  await signIn(page, seeded, OWNER, `/orgs/${seeded.seed.organization.id}/keys`);
  const label = "x".repeat(81);
  await page.getByLabel("Name").fill(label);
  await page.getByRole("checkbox", { name: /Read filings and events/ }).uncheck();
  await page.getByRole("radio", { name: /Test/ }).check();
  await page.getByLabel("Expires").selectOption("30d");
  await page.getByRole("button", { name: "Create the key" }).click();
  await expect(page.getByText("A label has at most 80 characters; this one has 81.")).toBeVisible();
  await expect(page.getByText("Choose at least one scope.")).toBeVisible();
  await ready(page);
  await expect(page.getByLabel("Name")).toHaveValue(label);
  await expect(page.getByRole("checkbox", { name: /Read filings and events/ })).not.toBeChecked();
  await expect(page.getByRole("radio", { name: /Test/ })).toBeChecked();
  await expect(page.getByLabel("Expires")).toHaveValue("30d");

  await page.getByLabel("Name").fill("corrected");
  await page.getByRole("checkbox", { name: /Read billing/ }).check();
  await page.getByRole("button", { name: "Create the key" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("corrected is made");
  const secret = await shownSecret(page);
  expect(secret).toMatch(/^secapi_test_/);
  const { body } = await seeded.call("/v1/me", secret);
  expect(body.principal).toMatchObject({ livemode: false, scopes: ["billing:read"] });
});

test("a key made and ended on its page, or through the API, is refused from the next call on", async ({ page, seeded }) => {
  const org = `/orgs/${seeded.seed.organization.id}`;
  await signIn(page, seeded, OWNER, `${org}/keys`);
  const name = `short-lived ${randomUUID().slice(0, 8)}`;
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create the key" }).click();
  const first = await shownSecret(page);
  await page.getByRole("link", { name: "I have saved the key, back to all keys" }).click();
  await page.getByRole("link", { name, exact: true }).click();
  const second = await rotate(page, "In an hour");
  for (const secret of [first, second]) expect((await seeded.call("/v1/me", secret)).status).toBe(200);
  await page.getByRole("link", { name: "I have saved the key, back to all keys" }).click();
  await page.getByRole("link", { name, exact: true }).click();
  const id = path(page).split("/").pop()!;
  if (test.info().project.name === "script") {
    const ended = await seeded.call(`/v1/api_keys/${id}`, seeded.seed.apiKey.secret, { method: "DELETE" });
    expect(ended.status).toBe(200);
  } else {
    await revoke(page);
  }
  for (const secret of [first, second]) expect((await seeded.call("/v1/me", secret)).status).toBe(401);
  await open(page, `${seeded.url}${org}/keys`);
  await expect(page.locator("#gone")).toContainText(name);
});

test("a key made through the API stands in the list", async ({ page, seeded }) => {
  const label = `by program ${randomUUID().slice(0, 8)}`;
  const made = await seeded.call("/v1/api_keys", seeded.seed.apiKey.secret, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify({ label, scopes: ["read:sec"] }),
  });
  expect(made.status).toBe(201);
  await signIn(page, seeded, OWNER, `/orgs/${seeded.seed.organization.id}/keys`);
  await expect(row(page, label)).toContainText("Works");
});

test("a role that may not manage keys sees them and no acts", async ({ page, seeded }) => {
  await signIn(page, seeded, "chiara@example.com", `/orgs/${seeded.seed.organization.id}/keys`);
  await expect(row(page, "production-ingest")).toBeVisible();
  await expect(page.locator("#create")).toHaveCount(0);
  await page.getByRole("link", { name: "production-ingest" }).click();
  await ready(page);
  await expect(page.locator("#rotate, #revoke")).toHaveCount(0);
});

test("nobody puts a scope on a key that they lack", async ({ page, seeded }) => {
  await signIn(page, seeded, "dev@example.com", `/orgs/${seeded.seed.organization.id}/keys`);
  const heavy = page.getByRole("checkbox", { name: /Make and revoke keys/ });
  if ((await heavy.count()) > 0) {
    await page.getByLabel("Name").fill("too much");
    await heavy.check();
    await page.getByRole("button", { name: "Create the key" }).click();
    await expect(page.locator("#create").getByRole("alert")).toContainText("scope");
    await expect(page.getByLabel("Name")).toHaveValue("too much");
  }
  await expect(row(page, "too much")).toHaveCount(0);
});

test("another organisation's pages look like pages that are not there", async ({ page, seeded, another }) => {
  const stranger = await another();
  const { org } = await settleIn(stranger, seeded, "Strangers");
  await signIn(page, seeded, OWNER);
  for (const address of [org, `${org}/keys`, "/orgs/org_01M0RFPC2NBCCFJR957YGHG7PT", "/nowhere"]) {
    const answer = await page.goto(seeded.url + address);
    expect(answer!.status(), address).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
  }
});
