// What goes wrong between a person and a page: the script does not load, the session ends mid-form.

import { continueAs, nameOrganisation, open, ready, revoke, settleIn, shownSecret, signIn, someone } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test.describe("with the wasm blocked", { tag: "@script" }, () => {
  test.use({ noise: /net::ERR_FAILED/ });

  for (const [what, pattern] of [["the wasm", "**/assets/*.wasm"], ["all scripts", "**/assets/*.js"]]) {
    test(`pages work without ${what}, and nothing is thrown`, async ({ page, server }) => {
      await page.route(pattern, (route) => route.abort());
      const said = page.waitForEvent("console", (message) => message.type() === "info");
      await page.goto(server.url);
      expect((await said).text()).toContain("The page works without its script");
      await expect(page.locator("html")).not.toHaveAttribute("data-ready");
      await page.getByRole("link", { name: "Get a free API key" }).click();
      await continueAs(page, someone());
      await page.getByLabel("Organisation name").fill("No Script");
      await page.getByRole("button", { name: "Create it and show the key" }).click();
      const secret = await shownSecret(page);
      await expect(page.getByRole("button", { name: "Copy the key" }), "would do nothing").toBeHidden();
      expect((await server.call("/v1/me", secret)).status).toBe(200);
      await page.getByRole("link", { name: "I have saved the key, go to the console" }).click();
      await page.getByRole("button", { name: /@example.com|^[0-9a-f-]{36}$/ }).click();
      await page.getByRole("button", { name: "Dark" }).click();
      await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    });
  }

  test("a slow wasm does not hold up the page", async ({ page, server }) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/assets/*.wasm", async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await page.goto(`${server.url}/sign-in`, { waitUntil: "commit" });
    await continueAs(page, someone());
    await page.getByLabel("Organisation name").fill("Slow Line");
    await page.getByRole("button", { name: "Create it and show the key" }).click();
    await shownSecret(page);
    release();
    await ready(page);
    await expect(page.getByRole("button", { name: "Copy the key" })).toBeVisible();
  });
});

test("a name typed when the session had ended is still there after signing in", async ({ page, server, another }) => {
  const address = someone();
  await settleIn(page, server, "First", address);
  await open(page, `${server.url}/onboarding`);
  await page.getByLabel("Organisation name").fill("Typed <before> & kept");
  const elsewhere = await another();
  await signIn(elsewhere, server, address);
  await open(elsewhere, `${server.url}/sessions`);
  await elsewhere.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(elsewhere.getByText("One session is ended.")).toBeVisible();

  await page.getByRole("button", { name: "Create it and show the key" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await continueAs(page, address);
  await expect(page.getByLabel("Organisation name")).toHaveValue("Typed <before> & kept");
  await ready(page);
  await nameOrganisation(page, "Typed <before> & kept");
});

test("a key's name typed when the session had ended is still there after signing in", async ({ page, server, another }) => {
  const { address, keys } = await settleIn(page, server);
  await page.goto(keys);
  await page.locator(".ledger").getByRole("link").click();
  await revoke(page);
  await page.getByLabel("Name").fill("typed-before");
  const elsewhere = await another();
  await signIn(elsewhere, server, address);
  await open(elsewhere, `${server.url}/sessions`);
  await elsewhere.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(elsewhere.getByText("One session is ended.")).toBeVisible();

  await page.getByRole("button", { name: "Create the key" }).click();
  await continueAs(page, address);
  await expect(page.getByLabel("Name")).toHaveValue("typed-before");
  await page.getByRole("button", { name: "Create the key" }).click();
  await shownSecret(page);
});

test("two tabs that rotate the same key each get a secret that works", async ({ page, server }) => {
  const { keys, secret } = await settleIn(page, server);
  await page.goto(keys);
  await page.locator(".ledger").getByRole("link").click();
  const tab = await page.context().newPage();
  await open(tab, page.url());
  const rotated: string[] = [];
  for (const one of [page, tab]) {
    await ready(one);
    await one.getByRole("radio", { name: "In an hour" }).check();
    await one.getByRole("button", { name: /^Rotate / }).click();
    rotated.push(await shownSecret(one));
  }
  expect(rotated[0]).not.toBe(rotated[1]);
  for (const one of [secret, ...rotated]) expect((await server.call("/v1/me", one)).status).toBe(200);
});
