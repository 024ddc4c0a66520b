// Signing in at an independent provider, and everything that may be wrong on the way back.

import { expectSignedOut, nameOrganisation, open, path, ready, someone } from "../support/steps.ts";
import { expect, test, type Page } from "../support/test.ts";

const BUTTON = "Continue with Example Identity";

/** From our sign-in page through the provider's two, which it calls interactions. Without an
 * address, as whom the provider remembers: straight back. */
async function signInThere(page: Page, address?: string) {
  await page.getByRole("link", { name: BUTTON }).click({ noWaitAfter: true });
  if (!address) return;
  await page.locator("input[name=login]").fill(address);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Holds the browser at the door: the address the provider sent it to, not yet visited. */
async function callback(page: Page, address?: string): Promise<URL> {
  const session = await page.context().newCDPSession(page);
  const held = new Promise<string>((resolve) => {
    session.on("Fetch.requestPaused", async ({ requestId, request }) => {
      resolve(request.url);
      await session.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
    });
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "*/auth/callback*" }] });
  await signInThere(page, address);
  const url = new URL(await held);
  await session.send("Fetch.disable");
  await session.detach();
  return url;
}

/** Sent back to the sign-in page with the reason and a request to ask about. */
async function expectRefused(page: Page, url: URL | string, code: string) {
  await page.goto(String(url));
  await expectSignedOut(page);
  await expect(page.getByRole("alert")).toContainText(new RegExp(`${code}.*req_`, "s"));
}

test("a person signs in at the certified provider, and out there too", async ({ page, live }) => {
  await open(page, `${live.url}/sessions`);
  expect(path(page), "asked to sign in first").toBe("/sign-in");
  await signInThere(page, someone());
  await page.waitForURL(`${live.url}/sessions`);
  await ready(page);
  await expect(page.getByText("Development"), "nothing of the development installation").toHaveCount(0);
  await open(page, `${live.url}/onboarding`);
  const secret = await nameOrganisation(page, "Certified");
  expect((await live.call("/v1/me", secret)).status).toBe(200);

  await open(page, `${live.url}/sessions`);
  await page.locator("[popovertarget=me]").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Signed out");
  await page.getByRole("link", { name: /^Sign out at / }).click();
  await expect(page).toHaveURL(new RegExp(`^${live.provider.issuer}/`));
});

test("a person who declines is told so", async ({ page, live }) => {
  await open(page, `${live.url}/sign-in`);
  await page.getByRole("link", { name: BUTTON }).click();
  await page.getByRole("link", { name: /Cancel/ }).click();
  await page.waitForURL(`${live.url}/sign-in**`);
  await expect(page.getByRole("alert")).toContainText("did not sign you in");
});

test("a callback works once", async ({ page, live }) => {
  await open(page, `${live.url}/sign-in?return_to=/onboarding`);
  const url = await callback(page, someone());
  await page.goto(url.href);
  expect(path(page)).toBe("/onboarding");
  await expectRefused(page, url, "login_not_under_way");
  await page.goto(`${live.url}/onboarding`);
  expect(path(page), "the session that it made stands").toBe("/onboarding");
});

test("a callback belongs to the browser that began", async ({ page, live, another }) => {
  await open(page, `${live.url}/sign-in?return_to=/onboarding`);
  const url = await callback(page, someone());
  const thief = await another();
  await expectRefused(thief, url, "login_not_under_way");
  await open(thief, `${live.url}/sign-in`);
  await thief.getByRole("link", { name: BUTTON }).click();
  await thief.locator("input[name=login]").waitFor();
  await expectRefused(thief, url, "login_not_under_way");
  await page.goto(url.href);
  expect(path(page), "the owner is not disturbed").toBe("/onboarding");
});

test("a callback with a changed part signs nobody in", async ({ page, live }) => {
  const changes: [string, (url: URL) => void, string][] = [
    ["another issuer", (url) => url.searchParams.set("iss", "https://id.example.com"), "login_refused"],
    ["the issuer with a slash", (url) => url.searchParams.set("iss", `${live.provider.issuer}/`), "login_refused"],
    ["no issuer", (url) => url.searchParams.delete("iss"), "login_refused"],
    ["another code", (url) => url.searchParams.set("code", "of-somebody-else"), "login_denied"],
    ["no code", (url) => url.searchParams.delete("code"), "login_not_under_way"],
    ["no state", (url) => url.searchParams.delete("state"), "login_not_under_way"],
    ["another state", (url) => url.searchParams.set("state", "0".repeat(64)), "login_not_under_way"],
  ];
  await open(page, `${live.url}/sign-in`);
  await callback(page, someone());
  for (const [what, change, code] of changes) {
    await test.step(what, async () => {
      await page.goto(`${live.url}/sign-in`);
      const url = await callback(page);
      change(url);
      await expectRefused(page, url, code);
      expect((await page.context().cookies(live.url)).map((cookie) => cookie.name)).not.toContain("__Host-sid");
    });
  }
});

test("nobody is sent to another site after signing in", async ({ page, live }) => {
  const elsewhere = [
    "https://evil.example.com/",
    "//evil.example.com",
    "/\\evil.example.com",
    "/\t/evil.example.com",
    "javascript:alert(1)",
    "/auth/login?return_to=/",
  ];
  for (const target of elsewhere) {
    await open(page, `${live.url}/sign-in?return_to=${encodeURIComponent(target)}`);
    await expect(page.getByRole("link", { name: BUTTON })).toHaveAttribute("href", "/auth/login?return_to=%2Fconsole");
  }
  await page.goto(`${live.url}/auth/login?return_to=${encodeURIComponent(elsewhere[1])}`);
  await page.locator("input[name=login]").fill(someone());
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(`${live.url}/onboarding`);
});

test("while the provider is down nobody signs in, whoever is signed in stays, and it recovers", async ({ page, frail, another }) => {
  const expectDown = async (page: Page) => {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign-in is not available right now");
    await expect(page.locator("main")).toContainText(/identity_provider_unavailable, request req_/);
  };
  await frail.provider.down();
  await open(page, `${frail.url}/sign-in?return_to=/onboarding`);
  await page.getByRole("link", { name: BUTTON }).click();
  await expectDown(page);

  await frail.provider.up();
  await expect(async () => {
    // A failure is remembered for some seconds, so that a provider in trouble is not hammered.
    await page.goto(`${frail.url}/sign-in?return_to=/onboarding`);
    await page.getByRole("link", { name: BUTTON }).click();
    await page.locator("input[name=login]").waitFor({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await page.goto(`${frail.url}/sign-in?return_to=/onboarding`);
  await signInThere(page, someone());
  await page.waitForURL(`${frail.url}/onboarding`);
  await ready(page);

  const late = await another();
  await open(late, `${frail.url}/sign-in`);
  const url = await callback(late, someone());
  await frail.provider.down();
  await late.goto(url.href);
  await expectDown(late);

  const secret = await nameOrganisation(page, "Still Here");
  expect((await frail.call("/v1/me", secret)).status).toBe(200);
});
