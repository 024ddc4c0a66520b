// Several organisations of one person.

import { nameOrganisation, open, path, ready, settleIn } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("a person moves between organisations, and comes back to the last", async ({ page, server }) => {
  const { org: first, secret } = await settleIn(page, server, "First House");
  await page.locator(".org summary").click();
  await page.locator(".org").getByRole("link", { name: "New organisation" }).click();
  await ready(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A new organisation");
  const other = await nameOrganisation(page, "Second House");
  expect(other).not.toBe(secret);
  await page.getByRole("link", { name: "I have saved the key, go to the console" }).click();
  await page.waitForURL(/\/orgs\/org_[^/]+$/);
  const second = path(page);
  expect(second).not.toBe(first);

  await page.locator(".org summary").click();
  await expect(page.locator(".org [aria-current]")).toHaveText("Second House");
  await page.locator(".org").getByRole("link", { name: "First House" }).click();
  await page.waitForURL(server.url + first);
  await expect(page.locator(".org summary b")).toHaveText("First House");
  await open(page, server.url);
  expect(path(page), "the start leads to the organisation looked at last").toBe(first);

  const names = await Promise.all([secret, other].map(async (key) => (await server.call("/v1/org", key)).body));
  expect(JSON.stringify(names[0])).toContain("First House");
  expect(JSON.stringify(names[1])).toContain("Second House");
});
