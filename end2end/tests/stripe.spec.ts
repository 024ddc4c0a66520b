// Stripe's official library, as its own users use it, against the payment sandbox: what it cannot read or
// is not answered, the sandbox gets wrong.

import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { expect, test as base } from "@playwright/test";
import { PaymentSandbox } from "../support/examples.ts";

type Delivery = { body: Buffer; signature: string };

/** The sandbox with the library in front of it and an endpoint behind it. */
type Shop = { sandbox: PaymentSandbox; stripe: Stripe; deliveries: Delivery[] };

const test = base.extend<object, { shop: Shop }>({
  shop: [
    async ({}, use) => {
      const deliveries: Delivery[] = [];
      const endpoint = await listen(deliveries);
      const { port } = endpoint.address() as AddressInfo;
      const sandbox = await PaymentSandbox.start(`http://127.0.0.1:${port}/webhooks`);
      const at = new URL(sandbox.url);
      const stripe = new Stripe(sandbox.key, { host: at.hostname, port: at.port, protocol: "http", maxNetworkRetries: 1, telemetry: false });
      await use({ sandbox, stripe, deliveries });
      await sandbox.stop();
      endpoint.close();
    },
    { scope: "worker" },
  ],
});

async function listen(deliveries: Delivery[]): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      deliveries.push({ body: Buffer.concat(chunks), signature: String(request.headers["stripe-signature"]) });
      response.writeHead(200).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** What a person does on a hosted page: choose and press. Answers where the browser is sent. */
async function press(url: string, fields: Record<string, string>): Promise<string | null> {
  const page = await fetch(url);
  expect(page.status).toBe(200);
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  if (answer.status === 200) return null;
  expect(answer.status).toBe(303);
  return answer.headers.get("location");
}

async function plan(stripe: Stripe, unit_amount = 5_500, interval: "month" | "year" = "month", name = "Personal") {
  const product = await stripe.products.create({ name, metadata: { kind: "plan" } });
  return stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval } });
}

/** A customer with a card that always works. */
async function payer(stripe: Stripe, card = "pm_card_visa") {
  const customer = await stripe.customers.create({ email: "pat@example.com", name: "Pat Example" });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
}

async function failure(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const outcome = await promise.then(() => undefined, (error) => error);
  expect(outcome, "a refusal").toBeInstanceOf(Stripe.errors.StripeError);
  return outcome;
}

test("customers are made, read, changed, found and deleted", async ({ shop: { stripe } }) => {
  const email = `lena+${Date.now()}@example.com`;
  const made = await stripe.customers.create({ email, name: "Lena Sjöberg", metadata: { organization: "org_1", note: "Grüße & [x]=1" } });
  expect(made).toMatchObject({ object: "customer", email, name: "Lena Sjöberg", livemode: false, metadata: { organization: "org_1", note: "Grüße & [x]=1" } });
  expect(made.lastResponse.requestId).toMatch(/^req_/);
  expect(made.lastResponse.apiVersion).toMatch(/\.dahlia$/);
  const changed = await stripe.customers.update(made.id, { metadata: { note: "" }, description: "Tests" });
  expect(changed.metadata).toEqual({ organization: "org_1" });
  const found = await stripe.customers.list({ email });
  expect(found.data.map(({ id }) => id)).toEqual([made.id]);
  expect(await stripe.customers.del(made.id)).toMatchObject({ id: made.id, deleted: true });
  expect(await stripe.customers.retrieve(made.id)).toMatchObject({ deleted: true });
});

test("refusals arrive as the library's own errors", async ({ shop: { stripe, sandbox } }) => {
  const missing = await failure(stripe.customers.retrieve("cus_nobody"));
  expect(missing).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  expect(missing).toMatchObject({ statusCode: 404, code: "resource_missing", param: "id" });
  const without = await failure(stripe.prices.create({ currency: "usd", unit_amount: 1, product: "prod_none" }));
  expect(without).toMatchObject({ statusCode: 400, code: "resource_missing", param: "product" });
  const customer = await stripe.customers.create({});
  const misspelt = await failure(stripe.customers.update(customer.id, { nmae: "Pat" } as object));
  expect(misspelt).toMatchObject({ statusCode: 400, code: "parameter_unknown", param: "nmae" });
  const at = new URL(sandbox.url);
  const stranger = new Stripe("sk_test_wrong", { host: at.hostname, port: at.port, protocol: "http" });
  expect(await failure(stranger.customers.list())).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  const declined = await failure(stripe.paymentMethods.attach("pm_card_chargeDeclined", { customer: customer.id }));
  expect(declined).toBeInstanceOf(Stripe.errors.StripeCardError);
  expect(declined).toMatchObject({ statusCode: 402, code: "card_declined", decline_code: "generic_decline" });
});

test("products and prices carry lookup keys, and are found by them", async ({ shop: { stripe } }) => {
  const product = await stripe.products.create({ name: "Team", description: "For several people" });
  const key = `team_monthly_${Date.now()}`;
  const price = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 19_900,
    lookup_key: key,
    recurring: { interval: "month" },
  });
  expect(price).toMatchObject({ unit_amount: 19_900, type: "recurring", lookup_key: key, recurring: { interval: "month", usage_type: "licensed" } });
  const next = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount_decimal: Stripe.Decimal.from("20900.5"),
    lookup_key: key,
    transfer_lookup_key: true,
    recurring: { interval: "month" },
  });
  const { data } = await stripe.prices.list({ lookup_keys: [key], expand: ["data.product"] });
  expect(data.map(({ id }) => id)).toEqual([next.id]);
  expect(String(data[0].unit_amount_decimal)).toBe("20900.5");
  expect(data[0].product).toMatchObject({ id: product.id, name: "Team" });
  expect((await stripe.prices.retrieve(price.id)).lookup_key).toBeNull();
});

test("a card is saved through Checkout, and kept with the customer", async ({ shop: { stripe } }) => {
  const customer = await stripe.customers.create({ email: "pat@example.com" });
  const session = await stripe.checkout.sessions.create({
    mode: "setup",
    customer: customer.id,
    currency: "usd",
    success_url: "https://console.example.com/back?session={CHECKOUT_SESSION_ID}",
    cancel_url: "https://console.example.com/cancelled",
    metadata: { intent: "int_1" },
  });
  expect(session).toMatchObject({ status: "open", payment_status: "no_payment_required", metadata: { intent: "int_1" } });
  const back = await press(session.url!, { card: "4444" });
  expect(back).toBe(`https://console.example.com/back?session=${session.id}`);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent.payment_method"] });
  expect(done.status).toBe("complete");
  const intent = done.setup_intent as Stripe.SetupIntent;
  expect(intent).toMatchObject({ status: "succeeded", payment_method: { type: "card", card: { brand: "mastercard", last4: "4444" } } });
  const { data } = await stripe.customers.listPaymentMethods(customer.id, { type: "card" });
  expect(data.map(({ card }) => card!.last4)).toEqual(["4444"]);
});

test("a subscription is bought through Checkout, declined first, and its invoice is paid", async ({ shop: { stripe } }) => {
  const [price, customer] = [await plan(stripe), await stripe.customers.create({ email: "pat@example.com" })];
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: price.id, quantity: 1 }],
    subscription_data: { metadata: { organization: "org_2" } },
    success_url: "https://console.example.com/back",
  });
  expect(session.amount_total).toBe(5_500);
  const declined = await fetch(session.url!, { method: "POST", body: new URLSearchParams({ card: "0002" }), redirect: "manual" });
  expect(declined.status).toBe(422);
  expect(await declined.text()).toContain("Your card was declined.");
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
  // A card whose bank asks: the same form again, with the answer.
  expect(await press(session.url!, { card: "3155" })).toBeNull();
  expect(await press(session.url!, { card: "3155", authentication: "complete" })).toBe("https://console.example.com/back");

  const { data } = await stripe.subscriptions.list({ customer: customer.id, status: "all", expand: ["data.latest_invoice"] });
  expect(data).toHaveLength(1);
  const [subscription] = data;
  expect(subscription).toMatchObject({ status: "active", metadata: { organization: "org_2" }, cancel_at_period_end: false });
  const [item] = subscription.items.data;
  expect(item.price.id).toBe(price.id);
  expect(item.current_period_end - item.current_period_start).toBeGreaterThan(27 * 86_400);
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  expect(invoice).toMatchObject({ status: "paid", amount_paid: 5_500, amount_remaining: 0, billing_reason: "subscription_create" });
  expect(invoice.parent!.subscription_details!.subscription).toBe(subscription.id);
  expect(await fetch(invoice.hosted_invoice_url!).then((page) => page.text())).toContain(invoice.number!);
});

test("an abandoned Checkout can be closed, and takes nothing afterwards", async ({ shop: { stripe } }) => {
  const price = await plan(stripe);
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "https://console.example.com/back",
  });
  expect((await stripe.checkout.sessions.expire(session.id)).status).toBe("expired");
  const answer = await fetch(session.url!, { method: "POST", body: new URLSearchParams({ card: "4242" }), redirect: "manual" });
  expect(answer.status).toBe(410);
  expect(await failure(stripe.checkout.sessions.expire(session.id))).toMatchObject({ statusCode: 400 });
});

test("subscriptions are begun, changed and ended by request", async ({ shop: { stripe } }) => {
  const [personal, team] = [await plan(stripe), await plan(stripe, 19_900, "month", "Team")];
  const customer = await payer(stripe);
  const begun = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: personal.id }] });
  expect(begun.status).toBe("active");
  const [item] = begun.items.data;
  const changed = await stripe.subscriptions.update(begun.id, {
    items: [{ id: item.id, price: team.id }],
    proration_behavior: "always_invoice",
    metadata: { seats: "5" },
  });
  expect(changed.items.data[0].price.id).toBe(team.id);
  const invoices = await stripe.invoices.list({ subscription: begun.id });
  expect(invoices.data.map(({ billing_reason }) => billing_reason)).toEqual(["subscription_update", "subscription_create"]);
  expect(invoices.data[0]).toMatchObject({ status: "paid", amount_due: 19_900 - 5_500 });
  expect((await stripe.subscriptions.update(begun.id, { cancel_at_period_end: true })).cancel_at_period_end).toBe(true);
  expect((await stripe.subscriptions.cancel(begun.id)).status).toBe("canceled");
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
  const ended = await stripe.subscriptions.list({ customer: customer.id, status: "canceled" });
  expect(ended.data.map(({ id }) => id)).toEqual([begun.id]);
});

test("a first payment that fails leaves the invoice open until it is paid with another card", async ({ shop: { stripe } }) => {
  const price = await plan(stripe);
  const customer = await payer(stripe, "pm_card_chargeCustomerFail");
  const begun = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand: ["latest_invoice"] });
  expect(begun.status).toBe("incomplete");
  const invoice = begun.latest_invoice as Stripe.Invoice;
  expect(invoice).toMatchObject({ status: "open", attempted: true, attempt_count: 1 });
  expect(await failure(stripe.invoices.pay(invoice.id!))).toMatchObject({ statusCode: 402, code: "card_declined" });
  expect(await failure(stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], payment_behavior: "error_if_incomplete" }))).toBeInstanceOf(
    Stripe.errors.StripeCardError,
  );
  const other = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  expect((await stripe.invoices.pay(invoice.id!, { payment_method: other.id })).status).toBe("paid");
  expect((await stripe.subscriptions.retrieve(begun.id)).status).toBe("active");
});

test("the portal changes the card and cancels, and comes back", async ({ shop: { stripe } }) => {
  const price = await plan(stripe);
  const customer = await payer(stripe);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const configuration = await stripe.billingPortal.configurations.create({
    business_profile: { headline: "Billing" },
    features: { payment_method_update: { enabled: true }, invoice_history: { enabled: true }, subscription_cancel: { enabled: true, mode: "at_period_end" } },
  });
  const whole = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
    return_url: "https://console.example.com/billing",
  });
  const page = await (await fetch(whole.url)).text();
  expect(page).toContain("https://console.example.com/billing");
  expect(page).toContain("Visa ending in 4242");
  const task = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: "https://console.example.com/billing",
    flow_data: {
      type: "payment_method_update",
      after_completion: { type: "redirect", redirect: { return_url: "https://console.example.com/done" } },
    },
  });
  expect(await press(task.url, { action: "card", card: "4444" })).toBe("https://console.example.com/done");
  const after = (await stripe.customers.retrieve(customer.id, { expand: ["invoice_settings.default_payment_method"] })) as Stripe.Customer;
  expect(after.invoice_settings.default_payment_method).toMatchObject({ card: { last4: "4444" } });
  await press(whole.url, { action: "cancel" });
  expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end).toBe(true);
  await press(whole.url, { action: "resume" });
  expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end).toBe(false);
});

test("usage is metered once for each identifier, and summed", async ({ shop: { stripe } }) => {
  const event_name = `cents_${Date.now()}`;
  const meter = await stripe.billing.meters.create({
    display_name: "Usage in cents",
    event_name,
    default_aggregation: { formula: "sum" },
    customer_mapping: { type: "by_id", event_payload_key: "stripe_customer_id" },
    value_settings: { event_payload_key: "value" },
  });
  const product = await stripe.products.create({ name: "Calls" });
  const price = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 1,
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const customer = await payer(stripe);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  expect(subscription.items.data[0].price.recurring).toMatchObject({ usage_type: "metered", meter: meter.id });
  const report = (identifier: string, value: string) =>
    stripe.billing.meterEvents.create({ event_name, identifier, payload: { stripe_customer_id: customer.id, value } });
  expect(await report("rep_1", "120")).toMatchObject({ object: "billing.meter_event", identifier: "rep_1" });
  await report("rep_2", "3");
  expect(await failure(report("rep_1", "120"))).toMatchObject({ statusCode: 400 });
  const now = Math.floor(Date.now() / 60_000) * 60;
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, { customer: customer.id, start_time: now - 3_600, end_time: now + 120 });
  expect(data.map(({ aggregated_value }) => Number(aggregated_value))).toEqual([123]);
});

test("the same idempotency key is answered the same, and refused for anything else", async ({ shop: { stripe } }) => {
  const idempotencyKey = `int_${Date.now()}`;
  const first = await stripe.customers.create({ name: "Once" }, { idempotencyKey });
  const again = await stripe.customers.create({ name: "Once" }, { idempotencyKey });
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
  const other = await failure(stripe.customers.create({ name: "Twice" }, { idempotencyKey }));
  expect(other).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  expect(other.statusCode).toBe(400);
});

test("a request whose answer was lost is repeated by the library, and done once", async ({ shop: { stripe, sandbox } }) => {
  const switches = (faults: object) =>
    fetch(`${sandbox.url}/sandbox/switches`, { method: "POST", headers: { authorization: `Bearer ${sandbox.key}` }, body: JSON.stringify(faults) });
  const email = `lost+${Date.now()}@example.com`;
  // The fault befalls the next request alone, and nobody else asks this worker's sandbox.
  await switches({ api: { reset_after_effect: 1 } });
  const made = await stripe.customers.create({ email });
  const { data } = await stripe.customers.list({ email });
  expect(data.map(({ id }) => id)).toEqual([made.id]);
});

test("lists are walked page by page by themselves, either way", async ({ shop: { stripe } }) => {
  const email = `many+${Date.now()}@example.com`;
  const made: string[] = [];
  for (let n = 0; n < 25; n += 1) made.push((await stripe.customers.create({ email })).id);
  const found: string[] = [];
  for await (const customer of stripe.customers.list({ email, limit: 10 })) found.push(customer.id);
  expect(found).toEqual(made.toReversed());
  const all = await stripe.customers.list({ email, limit: 7 }).autoPagingToArray({ limit: 100 });
  expect(all).toHaveLength(25);
  const newer = await stripe.customers.list({ email, limit: 3, ending_before: made[20] });
  expect(newer.data.map(({ id }) => id)).toEqual([made[23], made[22], made[21]]);
});

test("events are listed, and arrive with a signature that the library accepts", async ({ shop: { stripe, sandbox, deliveries } }) => {
  const price = await plan(stripe);
  const customer = await payer(stripe);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const types = ["customer.subscription.created", "invoice.paid"];
  const listed = await stripe.events.list({ types, limit: 100 });
  const about = listed.data.find(({ data }) => (data.object as { id: string }).id === subscription.id)!;
  expect(about).toMatchObject({ object: "event", type: "customer.subscription.created", api_version: "2026-07-29.dahlia", livemode: false });
  expect((await stripe.events.retrieve(about.id)).id).toBe(about.id);

  const received = () => deliveries.find(({ body }) => body.includes(about.id));
  await expect.poll(() => received() !== undefined).toBe(true);
  const { body, signature } = received()!;
  const event = stripe.webhooks.constructEvent(body, signature, sandbox.webhookSecret);
  expect(event).toMatchObject({ id: about.id, type: about.type });
  expect((event.data.object as Stripe.Subscription).customer).toBe(customer.id);
  expect(() => stripe.webhooks.constructEvent(body, signature, "whsec_other")).toThrow(Stripe.errors.StripeSignatureVerificationError);
  const damaged = Buffer.from(body.toString().replace(customer.id, "cus_somebodyelse"));
  expect(() => stripe.webhooks.constructEvent(damaged, signature, sandbox.webhookSecret)).toThrow(/No signatures found/);
  await expect.poll(async () => (await stripe.events.retrieve(about.id)).pending_webhooks).toBe(0);
});
