// Where a person is signed in, and ending it from elsewhere.

import { expectSignedOut, open, path, ready, settleIn, signIn, someone } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("one of two sessions ends the other", async ({ page, server, another }) => {
  const { address } = await settleIn(page, server);
  const laptop = await another();
  await signIn(laptop, server, address);
  await open(page, `${server.url}/sessions`);
  await expect(page.getByText("Signed in here and in one other place.")).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "This one" })).toContainText(/Chrome on Linux/);
  await page.getByRole("button", { name: /^Sign out Chrome/ }).click();
  await expect(page.getByText("One session is ended.")).toBeVisible();
  await expect(page.getByText("Signed in here and nowhere else.")).toBeVisible();
  await laptop.goto(`${server.url}/console`);
  await expectSignedOut(laptop);
});

test("everywhere else is signed out at once", async ({ page, server, another }) => {
  const { address } = await settleIn(page, server);
  const others = [await another(), await another()];
  for (const other of others) await signIn(other, server, address);
  await open(page, `${server.url}/sessions`);
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(page.getByText("2 sessions are ended.")).toBeVisible();
  for (const other of others) {
    await other.goto(`${server.url}/sessions`);
    await expectSignedOut(other);
  }
  await open(page, `${server.url}/sessions`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your sessions");
});

test("after signing out the back button shows nothing private", async ({ page, server }) => {
  const { keys } = await settleIn(page, server, "Left Behind");
  const answer = await page.goto(keys);
  expect(answer!.headers()["cache-control"]).toBe("no-store");
  await ready(page);
  const cookies = await page.context().cookies();
  await page.getByRole("button", { name: /^[0-9a-f-]{36}$/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Signed out");
  expect(path(page)).toBe("/signed-out");
  await page.goBack();
  await expectSignedOut(page);
  expect(await page.content()).not.toContain("Left Behind");

  await page.context().addCookies(cookies);
  await page.goto(keys);
  await expectSignedOut(page);
});

test("signing in again in the same browser replaces the session", async ({ page, server }) => {
  const address = someone();
  await settleIn(page, server, "Same Desk", address);
  const before = (await page.context().cookies()).find((cookie) => cookie.name === "__Host-sid")!;
  await page.goto(`${server.url}/auth/login?return_to=/sessions`);
  await page.getByLabel("E-mail").fill(address);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await expect(page.getByText("Signed in here and nowhere else.")).toBeVisible();
  const after = (await page.context().cookies()).find((cookie) => cookie.name === "__Host-sid")!;
  expect(after.value).not.toBe(before.value);
  expect(after).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax", path: "/" });
});
