// Every page as people see it: in both themes, from a phone to a desk, with nothing to scroll
// sideways and nothing that axe objects to. The pictures are in artifacts/, named page-width-theme.

import { join } from "node:path";
import { ARTIFACTS, everyLook, objections, THEMES } from "../support/pictures.ts";
import { nameOrganisation, open, ready, rotate, settleIn, signIn, someone } from "../support/steps.ts";
import { expect, test, type Live, type Page, type Secapid, type Seed } from "../support/test.ts";

type At = { page: Page; server: Secapid; seeded: Secapid & { seed: Seed }; live: Live };

/** How to come to each page, in the state that shows it. */
const PAGES: Record<string, (at: At) => Promise<unknown>> = {
  landing: ({ page, seeded }) => open(page, seeded.url),
  "sign-in": ({ page, live }) => open(page, `${live.url}/sign-in`),
  "sign-in-development": ({ page, server }) => open(page, `${server.url}/sign-in`),
  "sign-in-refused": ({ page, live }) => open(page, `${live.url}/sign-in?problem=login_refused`),
  "sign-in-provider-down": ({ page, live }) => open(page, `${live.url}/sign-in?problem=identity_provider_unavailable`),
  "signed-out": ({ page, live }) => open(page, `${live.url}/signed-out`),
  "embedded-provider": ({ page, server }) => page.goto(`${server.url}/auth/login`),
  "not-found": ({ page, server }) => open(page, `${server.url}/nowhere`),
  "reference-public": ({ page, server }) => open(page, `${server.url}/reference`),

  onboarding: ({ page, server }) => signIn(page, server, someone()),
  "onboarding-refused": async ({ page, server }) => {
    await signIn(page, server, someone());
    await page.getByLabel("Organisation name").fill("Aktiengesellschaft ".repeat(7));
    await page.getByRole("button", { name: "Create it and show the key" }).click();
    await ready(page);
  },
  "first-key": async ({ page, server }) => {
    await signIn(page, server, someone());
    await nameOrganisation(page, "Northwind Research");
  },
  "first-key-again": async ({ page, server }) => {
    await signIn(page, server, someone());
    await nameOrganisation(page, "Northwind Research");
    await page.reload();
    await ready(page);
  },
  "overview-new": ({ page, server }) => settleIn(page, server, "Northwind Research"),
  "overview-long-name": ({ page, server }) => settleIn(page, server, `${"Donaudampfschifffahrtsgesellschaft ".repeat(3)}AG`),
  "keys-full": async ({ page, server }) => {
    const { keys } = await settleIn(page, server, "Northwind Research");
    await open(page, keys);
  },

  overview: ({ page, seeded }) => asAda(page, seeded),
  "overview-switcher": async ({ page, seeded }) => {
    await asAda(page, seeded);
    await page.locator(".org summary").evaluate((summary) => (summary as HTMLElement).click());
  },
  keys: ({ page, seeded }) => asAda(page, seeded, "/keys"),
  "keys-revoked": async ({ page, seeded }) => {
    await asAda(page, seeded, "/keys");
    const link = page.getByRole("link", { name: "ben-laptop" });
    const id = (await link.getAttribute("href"))!.split("/").pop();
    await open(page, `${page.url()}?revoked=${id}`);
  },
  "keys-refused": async ({ page, seeded }) => {
    await asAda(page, seeded, "/keys");
    await page.getByLabel("Name").fill("a name that goes on and on ".repeat(4));
    await page.getByRole("checkbox", { name: /Read filings/ }).uncheck();
    await page.getByRole("button", { name: "Create the key" }).click();
    await ready(page);
  },
  "key-in-use": ({ page, seeded }) => key(page, seeded, "production-ingest"),
  "key-revoke-asked": async ({ page, seeded }) => {
    await key(page, seeded, "production-ingest");
    await page.locator("#revoke summary.btn").click();
    await page.locator("#revoke details.call summary").click();
  },
  "key-rotating": ({ page, seeded }) => key(page, seeded, "backfill"),
  "key-idle": ({ page, seeded }) => key(page, seeded, "old-ci"),
  "key-revoked": ({ page, seeded }) => key(page, seeded, "ben-laptop"),
  "key-rotated": async ({ page, server }) => {
    const { keys } = await settleIn(page, server, "Northwind Research");
    await open(page, keys);
    await page.locator(".ledger").getByRole("link").click();
    await rotate(page, "In 24 hours");
    await ready(page);
  },
  sessions: async ({ page, seeded }) => {
    await signIn(page, seeded, "ben@example.com");
    await page.context().clearCookies();
    await signIn(page, seeded, "ben@example.com", "/sessions");
  },
  reference: async ({ page, seeded }) => {
    await asAda(page, seeded);
    await open(page, `${seeded.url}/reference`);
  },
  menu: async ({ page, seeded }) => {
    await asAda(page, seeded);
    await page.locator("[popovertarget=me]").click();
  },
};

async function asAda(page: Page, seeded: Secapid & { seed: Seed }, then = "") {
  await signIn(page, seeded, "ada@example.com", `/orgs/${seeded.seed.organization.id}${then}`);
}

async function key(page: Page, seeded: Secapid & { seed: Seed }, label: string) {
  await asAda(page, seeded, "/keys");
  await page.getByRole("link", { name: label, exact: true }).click();
  await page.waitForURL(/\/keys\/key_/);
  await ready(page);
}

test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const [name, arrive] of Object.entries(PAGES)) {
  test(name, async ({ page, server, seeded, live }) => {
    await arrive({ page, server, seeded, live });
    await everyLook(page, name);
  });
}

test("phone menu", async ({ page, seeded }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await asAda(page, seeded);
  await page.getByRole("button", { name: "Menu" }).click();
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await page.screenshot({ path: join(ARTIFACTS, `phone-menu-360-${theme}.png`) });
    expect.soft(await objections(page), `axe, ${theme}`).toEqual([]);
  }
});

test("the picture of the README", async ({ page, seeded }) => {
  await page.setViewportSize({ width: 1280, height: 1050 });
  await asAda(page, seeded);
  await page.emulateMedia({ colorScheme: "light" });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(ARTIFACTS, "readme.png") });
});
