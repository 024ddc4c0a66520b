// Another site's page cannot write, whatever way it tries. Cookies are no help: `SameSite` does not
// tell ports apart, so they travel.

import { createServer, request as forward, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { open, settleIn, signIn } from "../support/steps.ts";
import { expect, test, type Page, type Secapid } from "../support/test.ts";

test.use({ noise: /CORS policy|Failed to load resource|frame-ancestors|Refused to (frame|display)|in a frame/ });

type Write = { method: "POST" | "DELETE"; address: string; fields: Record<string, string> };

/** Every write there is, in the name of the person who is signed in. */
function writes(org: string, key: string): Write[] {
  const post = (address: string, fields: Record<string, string> = {}): Write => ({ method: "POST", address, fields });
  const id = org.split("/").pop()!;
  return [
    post("/onboarding", { name: "Not Wanted", form_id: "a" }),
    post(`${org}/keys`, { label: "not wanted", scopes: "read:sec", form_id: "b" }),
    post(`${org}/keys/${key}/rotate`, { overlap: "now", form_id: "c" }),
    post("/act/revoke-key", { org: id, key }),
    post("/act/revoke-session", { session: "any" }),
    post("/act/revoke-other-sessions"),
    post("/act/set-theme", { theme: "dark" }),
    post("/auth/session/logout"),
    post("/v1/api_keys", { label: "not wanted" }),
    { method: "DELETE", address: `/v1/api_keys/${key}`, fields: {} },
  ];
}

/** A page of another origin: the same host, another port. */
async function evilSite(server: Secapid, all: Write[]): Promise<Server> {
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const forms = all
    .filter(({ method }) => method === "POST")
    .map(({ address, fields }) => {
      const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${escape(value)}">`);
      return `<form method="post" action="${server.url}${address}">${inputs.join("")}<button>${address}</button></form>`;
    });
  const site = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>Win a prize</title>${forms.join("")}`);
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  return site;
}

function addressOf(site: Server): string {
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
}

/** A person with a session, an organisation, a key that works, and someone else's session beside. */
async function victim(page: Page, server: Secapid, other: Page) {
  const { secret, org, address } = await settleIn(page, server, "Well Kept");
  await signIn(other, server, address);
  const link = await page.locator(".ledger").getByRole("link").getAttribute("href");
  return { secret, org, key: link!.split("/").pop()! };
}

async function expectUntouched(page: Page, server: Secapid, secret: string, other: Page) {
  expect((await server.call("/v1/me", secret)).status, "the key works, and its secret is the same").toBe(200);
  await open(page, `${server.url}/sessions`);
  await expect(page.getByText("Signed in here and in one other place.")).toBeVisible();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme", "dark");
  await open(page, `${server.url}/console`);
  await expect(page.locator(".org summary b")).toHaveText("Well Kept");
  await expect(page.locator(".org li"), "itself, and the link that makes another").toHaveCount(2);
  await page.getByRole("link", { name: /^API keys/ }).click();
  await expect(page.getByText("1 of 1 in use on the Sandbox plan.")).toBeVisible();
  await open(other, `${server.url}/sessions`);
  expect(new URL(other.url()).pathname).toBe("/sessions");
}

test("a form on another site changes nothing", async ({ page, server, another }) => {
  const other = await another();
  const { secret, org, key } = await victim(page, server, other);
  const all = writes(org, key);
  const site = await evilSite(server, all);
  try {
    for (const { method, address } of all) {
      if (method !== "POST") continue;
      await page.goto(addressOf(site));
      const answered = page.waitForResponse((response) => response.url() === server.url + address);
      await page.getByRole("button", { name: address, exact: true }).click();
      expect((await answered).status(), address).toBe(403);
    }
  } finally {
    site.close();
  }
  await expectUntouched(page, server, secret, other);
});

test("no script on another site changes anything", { tag: "@script" }, async ({ page, server, another }) => {
  const other = await another();
  const { secret, org, key } = await victim(page, server, other);
  const all = writes(org, key);
  const site = await evilSite(server, all);
  const door = await doorTo(server);
  const posts = all.filter(({ method }) => method === "POST");
  try {
    await page.goto(addressOf(site));
    await page.evaluate(attack, { server: addressOf(door.listener).slice(0, -1), all });
    // Seven of the eight ways arrive for every POST; the eighth is stopped by the browser, which asks
    // for leave first, and so is every DELETE.
    await expect.poll(() => door.arrived.length).toBe(posts.length * 7);
  } finally {
    site.close();
    door.listener.close();
  }
  expect(door.arrived.filter(({ status }) => status !== 403)).toEqual([]);
  for (const { address } of posts) {
    const withSession = door.arrived.filter((one) => one.url === address && one.session);
    expect(withSession.length, `the session came along to ${address}`).toBeGreaterThan(0);
  }
  await expectUntouched(page, server, secret, other);
});

/** Passes requests on to the server as they are, and notes what became of every write. */
async function doorTo(server: Secapid) {
  const arrived: { url: string; status: number; session: boolean }[] = [];
  const listener = createServer((request, response) => {
    const { method, url = "", headers } = request;
    const onward = forward(server.url + url, { method, headers: { ...headers, host: new URL(server.url).host } }, (answer) => {
      if (method !== "OPTIONS") arrived.push({ url, status: answer.statusCode!, session: /__Host-sid=/.test(headers.cookie ?? "") });
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return { listener, arrived };
}

/** Runs on the other site: every write in eight ways. */
async function attack({ server, all }: { server: string; all: Write[] }) {
  const quiet = (promise: Promise<unknown>) => promise.catch(() => undefined);
  const later: Promise<unknown>[] = [];
  /** A form in a frame that sends itself. Whoever counts the answers waits for it. */
  const form = (write: Write, enctype: string, sandbox?: string) => {
    const frame = document.createElement("iframe");
    const inputs = Object.entries(write.fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    const html = `<form method="post" action="${server}${write.address}" enctype="${enctype}">${inputs.join("")}</form>`;
    if (sandbox !== undefined) frame.setAttribute("sandbox", sandbox);
    frame.srcdoc = `${html}<script>document.forms[0].submit()</script>`;
    document.body.append(frame);
  };
  for (const write of all) {
    const { method, address, fields } = write;
    const url = server + address;
    const body = new URLSearchParams(fields);
    if (method === "POST") {
      form(write, "application/x-www-form-urlencoded");
      form(write, "multipart/form-data");
      form(write, "text/plain");
      form(write, "application/x-www-form-urlencoded", "allow-forms allow-scripts");
      navigator.sendBeacon(url, body);
    }
    later.push(
      quiet(fetch(url, { method, body: method === "POST" ? body : undefined, credentials: "include", mode: method === "POST" ? "no-cors" : "cors" })),
      quiet(fetch(url, { method, body: JSON.stringify(fields), credentials: "include", headers: { "content-type": "application/json" } })),
      new Promise<void>((done) => {
        const request = new XMLHttpRequest();
        request.open(method, url);
        request.withCredentials = true;
        request.onloadend = () => done();
        request.send(method === "POST" ? body : null);
      }),
    );
  }
  await Promise.all(later);
}
