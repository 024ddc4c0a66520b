// `test` with what the journeys stand on: servers of this worker, and an eye on the browser's console.

import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { CLIENT, IdentityProvider } from "./provider.ts";
import { createDatabase, dropDatabase, seed, Secapid, type Seed } from "./secapid.ts";

export { expect };
export type { BrowserContext, Page, Secapid, Seed };

type Each = {
  /** Whether this project runs with JavaScript. */
  script: boolean;
  /** Console errors a test provokes on purpose. */
  noise: RegExp | undefined;
  /** Another person's browser, or the same person's at another desk. */
  another: () => Promise<Page>;
  /** Like `live`, but of this test alone, which may take its provider down. */
  frail: Live;
  /**
   * A server of this test alone, because its clock is moved and its payment provider fails; afterwards what
   * it stored is verified. On SQLite, or what `shopOn` says.
   */
  shop: Secapid & { seed?: Seed };
  shopOn: "sqlite" | "postgres";
  /** Whether it holds the organisation of `secapid dev seed`. */
  shopSeeded: boolean;
  watched: Watch;
};

type PerWorker = {
  /** On SQLite, with the embedded identity provider. */
  server: Secapid;
  /** The same on a PostgreSQL database of its own. */
  postgres: Secapid;
  /** With the seeded, busy organisation. */
  seeded: Secapid & { seed: Seed };
  /** Not a development installation: people sign in at an independent, certified provider. */
  live: Live;
};

export type Live = Secapid & { provider: IdentityProvider };

export const test = base.extend<Each, PerWorker>({
  noise: [undefined, { option: true }],

  script: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),

  watched: [
    async ({ noise }, use, info) => {
      const watch = new Watch(noise);
      const logs = new Map([...started].map((server) => [server, server.log.length]));
      await use(watch);
      const written = [...started, ...ended.splice(0)].map((server) => server.log.slice(logs.get(server) ?? 0)).join("\n");
      if (info.status !== info.expectedStatus) await info.attach("server log", { body: written });
      expect.soft(watch.complaints, "errors in the browser's console").toEqual([]);
      expect.soft(written, "the server's log").not.toMatch(/panicked at/);
      expect.soft(written, "a secret in the server's log").not.toMatch(/secapi_(live|test)_[0-9A-Za-z]{38}/);
    },
    { auto: true },
  ],

  context: async ({ context, watched }, use) => {
    await watched.over(context);
    await use(context);
  },

  another: async ({ browser, contextOptions, javaScriptEnabled, viewport, watched }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, javaScriptEnabled, viewport });
      opened.push(context);
      await watched.over(context);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },

  server: [async ({}, use) => serve({}, use), { scope: "worker" }],

  postgres: [
    async ({}, use, info) => withDatabase(`journey_${process.pid}_${info.workerIndex}`, (url) => serve({ environment: { DATABASE_URL: url } }, use)),
    { scope: "worker" },
  ],

  seeded: [
    async ({}, use) => {
      let made: Seed;
      const prepare = async (data: string) => {
        made = await seed(data);
      };
      await serve({ prepare }, (server) => use(Object.assign(server, { seed: made })));
    },
    { scope: "worker" },
  ],

  live: [async ({}, use) => serveLive(use), { scope: "worker" }],

  frail: async ({}, use) => serveLive(use),

  shopOn: ["sqlite", { option: true }],
  shopSeeded: [false, { option: true }],

  shop: async ({ shopOn, shopSeeded }, use) => {
    let made: Seed | undefined;
    const serveVerified = (environment: Record<string, string>) => {
      const prepare = async (data: string) => {
        if (shopSeeded) made = await seed(data, environment);
      };
      return serve(
        { environment, prepare },
        (server) => use(Object.assign(server, { seed: made })),
        async (server) => {
          const verdict = await server.cli("verify").catch((error) => error.stdout || String(error));
          expect.soft(verdict, "what `secapid verify` finds").toBe("Every promise holds.\n");
        },
      );
    };
    if (shopOn === "sqlite") await serveVerified({});
    else await withDatabase(`shop_${process.pid}_${(databases += 1)}`, (url) => serveVerified({ DATABASE_URL: url }));
  },
});

let databases = 0;

async function withDatabase(name: string, use: (url: string) => Promise<void>): Promise<void> {
  if (!process.env.SECAPI_TEST_POSTGRES) throw new Error("SECAPI_TEST_POSTGRES names no server: run scripts/with-postgres");
  const url = await createDatabase(name);
  await use(url);
  await dropDatabase(name);
}

const started = new Set<Secapid>();
/** Servers of one test alone, whose logs are looked at after them. */
const ended: Secapid[] = [];

type Use = (server: Secapid) => Promise<void>;

async function serve(settings: Parameters<typeof Secapid.start>[0], use: Use, after?: Use): Promise<void> {
  const server = await Secapid.start(settings);
  started.add(server);
  await use(server);
  // From here on a page that is still open may miss it.
  started.delete(server);
  ended.push(server);
  await server.end();
  await after?.(server);
  await server.stop();
}

async function serveLive(use: (live: Live) => Promise<void>): Promise<void> {
  const provider = await IdentityProvider.start();
  const login = {
    SECAPI_LOGIN_ISSUER: provider.issuer,
    SECAPI_LOGIN_CLIENT_ID: CLIENT.client_id,
    SECAPI_LOGIN_CLIENT_SECRET: CLIENT.client_secret,
    SECAPI_LOGIN_NAME: "Example Identity",
  };
  await serve({ dev: false, environment: login }, async (server) => {
    await provider.expect(server.url);
    await use(Object.assign(server, { provider }));
  });
  await provider.stop();
}

/** Collects what a browser complains about on our pages: errors, refused resources, broken policies. */
class Watch {
  readonly complaints: string[] = [];

  constructor(private readonly noise: RegExp | undefined) {}

  async over(context: BrowserContext): Promise<void> {
    context.on("weberror", (error) => this.hear(`uncaught: ${error.error()}`));
    context.on("console", (message) => {
      if (message.type() !== "error") return;
      const { url } = message.location();
      if (![...started].some((server) => url.startsWith(server.url))) return;
      // A page that is answered with a refusal is what the test is about, and looks at itself.
      if (/the server responded with a status of (4\d\d|503)/.test(message.text()) && !url.includes("/assets/")) return;
      this.hear(`${message.text()} (${url})`);
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} stopped ${event.blockedURI}`);
      });
    });
  }

  private hear(complaint: string): void {
    if (!this.noise?.test(complaint)) this.complaints.push(complaint);
  }
}
