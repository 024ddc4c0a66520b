// A secret is shown once, whatever is reloaded, resent or gone back to.

import { ready, nameOrganisation, settleIn, shownSecret, signIn, someone } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("reloading the page that showed a key sends the form again and shows nothing", async ({ page, server }) => {
  await signIn(page, server, someone());
  const secret = await nameOrganisation(page, "Once Only");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The secret was already shown");
  expect(await page.content()).not.toContain(secret);
  expect((await server.call("/v1/me", secret)).status, "the key itself works on").toBe(200);
  await page.getByRole("link", { name: "All keys" }).click();
  await expect(page.getByText("1 of 1 in use on the Sandbox plan.")).toBeVisible();
});

test("going back to the page that showed a key does not show it again", async ({ page, server }) => {
  const { secret } = await settleIn(page, server);
  for (const turn of [() => page.goBack(), () => page.goForward()]) {
    // The browser keeps no answer to a form that says no-store, and shows an error of its own.
    await turn().catch(() => undefined);
    await expect.poll(() => page.content().catch(() => secret)).not.toContain(secret);
  }
});

test("a double click makes one organisation and one key", async ({ page, server, script }) => {
  await signIn(page, server, someone());
  await page.getByLabel("Organisation name").fill("Twice Pressed");
  await page.getByRole("button", { name: "Create it and show the key" }).dblclick();
  const heading = page.getByRole("heading", { level: 1 });
  // Without script both posts leave, and the browser shows the answer to the second.
  await expect(heading).toHaveText(script ? "Your first key" : /Your first key|The secret was already shown/);
  await page.goto(`${server.url}/console`);
  await ready(page);
  await page.locator(".org summary").click();
  await expect(page.locator(".org li").filter({ hasText: "Twice Pressed" })).toHaveCount(1);
  await page.getByRole("link", { name: /^API keys/ }).click();
  await expect(page.getByText("1 of 1 in use on the Sandbox plan.")).toBeVisible();
});

test("leaving before the key is copied asks once", { tag: "@script" }, async ({ page, server }) => {
  await signIn(page, server, someone());
  await nameOrganisation(page, "Hasty");
  const leave = page.getByRole("link", { name: "I have saved the key, go to the console" });
  const asked = page.waitForEvent("dialog");
  const pressed = leave.click({ noWaitAfter: true });
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await pressed;
  await shownSecret(page);
  page.once("dialog", () => {
    throw new Error("asked twice");
  });
  await leave.click();
  await page.waitForURL(/\/orgs\/org_/);
});
