// What people do about billing, here and on the payment provider's hosted pages.

import { open, ready, settleIn } from "./steps.ts";
import { expect, test, type Page, type Secapid } from "./test.ts";

/** An organisation as its people and its programs see it. */
export type Customer = {
  /** Of the owner. */
  address: string;
  /** Its key. */
  secret: string;
  id: string;
  /** Addresses of its pages. */
  overview: string;
  billing: string;
  keys: string;
};

/** Someone new with an organisation, on its overview. */
export async function customer(page: Page, shop: Secapid, name = "Larch & Co", address?: string): Promise<Customer> {
  const { secret, org, keys, ...settled } = await settleIn(page, shop, name, address);
  const overview = `${shop.url}${org}`;
  return { address: settled.address, secret, id: org.split("/").pop()!, overview, billing: `${overview}/billing`, keys };
}

/** The state that every answer carries. */
export async function stateOf(shop: Secapid, { secret }: Customer): Promise<string | null> {
  return (await shop.call("/v1/me", secret)).headers.get("secapi-billing-state");
}

export async function becomes(shop: Secapid, who: Customer, state: string): Promise<void> {
  await expect.poll(() => stateOf(shop, who), { intervals: [50, 100, 200], message: "the billing state" }).toBe(state);
}

export async function account(shop: Secapid, { secret }: Customer, query = ""): Promise<any> {
  const { status, body } = await shop.call(`/v1/billing${query}`, secret);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** The state in the title of the billing page. */
export function shownState(page: Page) {
  return page.locator("main .title code");
}

export function ribbon(page: Page) {
  return page.getByRole("region", { name: "Billing state" });
}

/** From the billing page to the payment provider's. */
export async function choose(page: Page, plan: string, interval?: "By the year" | "By the month"): Promise<void> {
  if (interval) {
    await page.getByRole("group", { name: "Billing interval" }).getByRole("link", { name: interval }).click();
    await page.waitForURL(/interval=/);
    await ready(page);
  }
  await page.getByRole("radio", { name: new RegExp(`^${plan}`) }).check();
  await page.getByRole("button", { name: "Continue to checkout" }).click();
}

/** On a hosted page: a card, and the button that sends the form. */
export async function card(page: Page, last4: string, button: string | RegExp): Promise<void> {
  await page.getByRole("radio", { name: `ending in ${last4}` }).check();
  await page.getByRole("button", { name: button }).click();
}

/** A task of the billing page that goes on in the portal. */
export async function portal(page: Page, button: string): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: button }).click();
  await expect(page.getByText("Payment sandbox: no money moves.")).toBeVisible();
}

/** Back on the billing page after a hosted one. */
export async function back(page: Page, who: Customer): Promise<void> {
  await page.waitForURL((url) => url.href.startsWith(who.billing));
  await ready(page);
}

/** Through Checkout with a card that always works, up to the state it leads to. */
export async function subscribe(page: Page, shop: Secapid, who: Customer, plan: "Personal" | "Team", interval: "By the year" | "By the month" = "By the month") {
  await open(page, who.billing);
  await choose(page, plan, interval);
  await card(page, "4242", /^Pay \$/);
  await back(page, who);
  await becomes(shop, who, `${plan.toLowerCase()}_active`);
}

/** Pay as you go, through Checkout, with a card. */
export async function attachCard(page: Page, shop: Secapid, who: Customer, last4 = "4242") {
  await open(page, who.billing);
  await choose(page, "Pay As You Go");
  await card(page, last4, "Save card");
  await back(page, who);
  await becomes(shop, who, "payg_active");
}

/** A subscription whose renewal is declined. */
export async function failingRenewal(page: Page, shop: Secapid, who: Customer) {
  await subscribe(page, shop, who, "Personal");
  await declineRenewal(shop, who);
}

/** From now on every charge is declined, beginning with the renewal that falls due. */
export async function declineRenewal(shop: Secapid, who: Customer) {
  await shop.dev("faults", '{"payments":{"fail":"all"}}');
  await shop.dev("clock", "+32d");
  await becomes(shop, who, "payment_failed");
}

/** The browser comes back by itself where no script runs. */
export function withScript(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}
