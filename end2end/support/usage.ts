// What other services of the company report, as the usage page tells of it later.

import { customer, type Customer } from "./billing.ts";
import { expect, type Page, type Secapid } from "./test.ts";

/** Another service of the company. */
export type Service = { id: string; secret: string };

export async function service(shop: Secapid, name = "extraction"): Promise<Service> {
  return JSON.parse(await shop.cli("service-key", "create", name));
}

/** Units of a class, used now; answers what they cost, in dollars. */
export async function uses(shop: Secapid, by: Service, who: Customer, classes: Record<string, number>, key?: string): Promise<number> {
  const now = Date.now();
  const records = Object.entries(classes).map(([meterClass, units], index) => ({
    id: `${now}-${Math.random().toString(36).slice(2)}-${index}`,
    orgId: who.id,
    apiKeyId: key,
    meterClass,
    units,
  }));
  const { status, body } = await shop.call("/v1/usage", by.secret, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ records }),
  });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body.recorded, JSON.stringify(body)).toBe(records.length);
  return body.results.reduce((sum: number, one: { amountUsd: number }) => sum + one.amountUsd, 0);
}

/** The id of the organisation's first key. */
export async function firstKey(shop: Secapid, { secret }: Customer): Promise<string> {
  return (await shop.call("/v1/api_keys", secret)).body.data.at(-1).id;
}

/** An organisation whose calls are charged, on the first day of a month that has just begun. */
export async function charged(page: Page, shop: Secapid): Promise<Customer> {
  const who = await customer(page, shop);
  await shop.cli("org", "contract", who.id);
  const now = new Date((await shop.dev("clock")).now);
  const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1, 9);
  await shop.dev("clock", `+${Math.ceil((next - now.getTime()) / 1000)}s`);
  return who;
}
