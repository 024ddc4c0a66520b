// What a program and a person do about a spend above the threshold.

import { randomUUID } from "node:crypto";
import { expect, type Page, type Secapid, type Seed } from "./test.ts";

/** A server with the seeded organisation, whose key may do everything. */
export type Shop = Secapid & { seed?: Seed };

export function org(shop: Shop): string {
  return `${shop.url}/orgs/${shop.seed!.organization.id}`;
}

export function inbox(shop: Shop): string {
  return `${org(shop)}/approvals`;
}

/** Sets these limits and no others, as a program with `billing:manage` does; amounts in cents. */
export async function budget(shop: Shop, limits: { spendCapCents?: number | null; softCapCents?: number | null; approvalThresholdCents?: number | null }) {
  const { status, body } = await shop.call("/v1/billing/budget", shop.seed!.apiKey.secret, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ spendCapCents: null, softCapCents: null, approvalThresholdCents: null, ...limits }),
  });
  expect(status, JSON.stringify(body)).toBe(200);
}

/** A metered call of the seeded key, under an id of its own. */
export async function search(shop: Shop, { approval, purpose, id = `call-${randomUUID()}` }: { approval?: string; purpose?: string; id?: string } = {}) {
  const headers: Record<string, string> = { "x-request-id": id };
  if (approval) headers["secapi-approval-id"] = approval;
  if (purpose) headers["secapi-purpose"] = purpose;
  return { id, ...(await shop.call("/v1/entities?q=example", shop.seed!.apiKey.secret, { headers })) };
}

/** A call that is stopped above the threshold: its id and that of the approval that waits now. */
export async function stopped(shop: Shop, purpose?: string) {
  const { status, body, id } = await search(shop, { purpose });
  expect(status, JSON.stringify(body)).toBe(402);
  expect(body.code).toBe("billing_budget_approval_required");
  return { id, approval: body.details.approvalId as string, url: body.details.approveUrl as string };
}

/** How the approval stands, as its key polls it. */
export async function statusOf(shop: Shop, approval: string): Promise<string> {
  const { status, body } = await shop.call(`/v1/billing/approvals/${approval}`, shop.seed!.apiKey.secret);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.status;
}

/** One that waits, on the inbox. */
export function waiting(page: Page, approval: string) {
  return page.locator(`li#${approval}`);
}

/** An address of ours without its origin. */
export function pathOf(address: string): string {
  return new URL(address).pathname;
}
