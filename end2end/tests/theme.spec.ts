// The theme is the system's until it is chosen, and then the server draws it, without a flash.

import { open } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("a chosen theme holds for every page and for the next visit", async ({ page, server }) => {
  const ground = () => page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, server.url);
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.getByRole("button", { name: "Light" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(page.getByRole("button", { name: "Light" })).toHaveAttribute("aria-pressed", "true");
  expect(await ground()).toBe(light);
  await open(page, `${server.url}/reference`);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: "System" }).click();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme", /./);
  await expect(page).toHaveURL(`${server.url}/reference`);
});
