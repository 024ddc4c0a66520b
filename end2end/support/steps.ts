// What people do in the console, in their words.

import { randomUUID } from "node:crypto";
import { expect, test, type Page, type Secapid } from "./test.ts";

/** The islands are awake; without JavaScript there is nothing to wait for. */
export async function ready(page: Page): Promise<void> {
  if (test.info().project.use.javaScriptEnabled !== false) await page.locator("html[data-ready]").waitFor();
}

export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await ready(page);
}

/** An address nobody else in the tests has. */
export function someone(): string {
  return `${randomUUID()}@example.com`;
}

/** From the sign-in page through the embedded provider's, as someone new there. */
export async function continueAs(page: Page, address: string): Promise<void> {
  await page.getByRole("link", { name: "Continue with the embedded development provider" }).click();
  await page.getByLabel("E-mail").fill(address);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
}

export async function signIn(page: Page, server: Secapid, address: string, then = "/console"): Promise<void> {
  await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(then)}`);
  await continueAs(page, address);
  await page.waitForURL((url) => url.origin === server.url && !url.pathname.startsWith("/auth/"));
  await ready(page);
}

/** The first form, up to the page that shows the key. */
export async function nameOrganisation(page: Page, name: string): Promise<string> {
  await page.getByLabel("Organisation name").fill(name);
  await page.getByRole("button", { name: "Create it and show the key" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your first key");
  await ready(page);
  return shownSecret(page);
}

/** A person with an organisation and its key, on the organisation's overview. */
export async function settleIn(page: Page, server: Secapid, name = "Larch & Co", address = someone()) {
  await signIn(page, server, address);
  const secret = await nameOrganisation(page, name);
  await page.getByRole("link", { name: "I have saved the key, go to the console" }).click();
  await page.waitForURL(/\/orgs\/org_[^/]+$/);
  await ready(page);
  const org = new URL(page.url()).pathname;
  return { address, secret, org, keys: `${server.url}${org}/keys` };
}

/** The secret on a page that reveals one. */
export async function shownSecret(page: Page): Promise<string> {
  const secret = await page.locator(".secret code").innerText();
  expect(secret).toMatch(/^secapi_(live|test)_[0-9A-Za-z]{38}$/);
  return secret;
}

/** From a key's own page to the one that shows its new secret. */
export async function rotate(page: Page, oldStops: string): Promise<string> {
  await ready(page);
  await page.getByRole("radio", { name: oldStops }).check();
  await page.getByRole("button", { name: /^Rotate / }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("has a new secret");
  return shownSecret(page);
}

/** From a key's own page to the list without it. */
export async function revoke(page: Page): Promise<void> {
  await ready(page);
  await page.locator("#revoke summary.btn").click();
  await page.getByRole("button", { name: /for good$/ }).click();
  await expect(page.getByText("Its next call is answered 401.")).toBeVisible();
}

/** What one of our pages did with the browser's address: its path, without query. */
export function path(page: Page): string {
  return new URL(page.url()).pathname;
}

export async function expectSignedOut(page: Page): Promise<void> {
  expect(path(page)).toBe("/sign-in");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
}
