// Everything by keyboard alone: order, visible focus, menus that open and give the focus back.

import { open, path, ready, settleIn, signIn } from "../support/steps.ts";
import { expect, test, type Page } from "../support/test.ts";

/** What has the focus, in a word, and whether one can see that it has. */
async function focused(page: Page) {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const { width, height } = element.getBoundingClientRect();
    return {
      name: (element.getAttribute("aria-label") ?? element.innerText ?? "").trim().split("\n")[0] || element.id || element.tagName,
      visible: (outlined || style.boxShadow !== "none") && width > 0 && height > 0,
    };
  });
}

/** Presses Tab until the page's end, and returns what was passed. */
async function walk(page: Page, most = 80): Promise<string[]> {
  const names: string[] = [];
  for (let step = 0; step < most; step++) {
    await page.keyboard.press("Tab");
    const { name, visible } = await focused(page);
    if (name === "BODY" || (step > 0 && name === names[0])) return names;
    expect.soft(visible, `the focus on "${name}" can be seen`).toBe(true);
    names.push(name);
  }
  return names;
}

test("the skip link leads past the frame to the primary act", async ({ page, server }) => {
  await open(page, server.url);
  await page.keyboard.press("Tab");
  expect(await focused(page)).toEqual({ name: "Skip to the page", visible: true });
  await page.keyboard.press("Enter");
  expect(new URL(page.url()).hash).toBe("#main");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toEqual({ name: "Get a free API key", visible: true });
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/sign-in/);
});

test("every stop on the way through a page can be seen", async ({ page, seeded }) => {
  await open(page, seeded.url);
  expect(await walk(page)).toContain("Get a free API key");
  await signIn(page, seeded, "ada@example.com", `/orgs/${seeded.seed.organization.id}/keys`);
  const names = await walk(page);
  expect(names.slice(0, 2)).toEqual(["Skip to the page", "secapi"]);
  expect(names).toContain("production-ingest");
  expect(names).toContain("Create the key");
});

test("the menu opens with the keyboard, and closes giving the focus back", async ({ page, server }) => {
  await settleIn(page, server);
  const button = page.locator("[popovertarget=me]");
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#me")).toBeVisible();
  await page.keyboard.press("Tab");
  expect(await focused(page)).toEqual({ name: "Your sessions", visible: true });
  await page.keyboard.press("Escape");
  await expect(page.locator("#me")).toBeHidden();
  await expect(button).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${server.url}/sessions`);
});

test("on a phone the rail is a menu that keyboards and fingers can open", async ({ page, server }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { keys } = await settleIn(page, server);
  const rail = page.locator("#rail");
  await expect(rail).toBeHidden();
  await page.getByRole("button", { name: "Menu" }).focus();
  await page.keyboard.press("Enter");
  await expect(rail).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(rail).toBeHidden();
  await page.getByRole("button", { name: "Menu" }).click();
  await rail.getByRole("link", { name: /^API keys/ }).click();
  await page.waitForURL(keys);
});

test("a key is made, opened and revoked without a mouse", async ({ page, server }) => {
  const { keys } = await settleIn(page, server);
  await open(page, keys);
  await page.locator(".ledger").getByRole("link").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/keys\/key_/);
  await ready(page);
  await page.locator("#revoke summary.btn").focus();
  await page.keyboard.press("Enter");
  const sure = page.getByRole("button", { name: /for good$/ });
  await expect(sure).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(sure).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Its next call is answered 401.")).toBeVisible();
  expect(path(page)).toMatch(/\/keys$/);
  await ready(page);
  await page.getByLabel("Name").focus();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("typed is made");
});
