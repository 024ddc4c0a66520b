// Starts the server under test: a process of its own, a port the system chose, data that is thrown away.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const repository = join(import.meta.dirname, "../..");

function binary(): string {
  const path = process.env.SECAPID_BIN;
  if (!path) throw new Error("SECAPID_BIN names the server to test; `make test-journeys` sets it");
  return path;
}

/** The environment without settings of whoever runs the tests. */
function environment(settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("SECAPI_") && name !== "DATABASE_URL");
  return { ...Object.fromEntries(own), ...settings };
}

export type Settings = {
  /** Development, with the embedded identity provider. */
  dev?: boolean;
  environment?: Record<string, string>;
  /** Runs before the server, for example to seed its data. */
  prepare?: (data: string) => Promise<void>;
};

/** Someone or something that calls /v1. */
export type Answer = { status: number; body: any; headers: Headers };

export class Secapid {
  private constructor(
    /** `http://127.0.0.1:40123`, no slash at the end. */
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly data: string,
    private readonly lines: { text: string },
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start({ dev = true, environment: settings = {}, prepare }: Settings = {}): Promise<Secapid> {
    const data = await mkdtemp(join(tmpdir(), "secapid-journey-"));
    await prepare?.(data);
    const args = ["serve", ...(dev ? ["--dev"] : []), "--listen", "127.0.0.1:0", "--data", data];
    const env = environment({ SECAPI_METRICS_LISTEN: "127.0.0.1:0", SECAPI_DRAIN_SECONDS: "1", ...settings });
    const server = spawn(binary(), args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const lines = { text: "" };
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        lines.text += chunk;
        const open = /secapid is open at (\S+?)\/?\s/.exec(lines.text);
        if (open) resolve(open[1]);
      };
      server.stdout.on("data", read);
      server.stderr.on("data", read);
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`secapid ended with ${code}\n${lines.text}`)));
    });
    return new Secapid(url, server, data, lines, env);
  }

  /** All it has written so far. */
  get log(): string {
    return this.lines.text;
  }

  /** Ends the process and keeps its data. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.data, { recursive: true, force: true });
  }

  /** A command on this server's data, such as `org show ORG`; answers what it printed. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await run(binary(), [...args, "--data", this.data], { env: this.env });
    return stdout;
  }

  /** `secapid dev ...` beside this server. */
  async dev(...args: string[]): Promise<any> {
    return JSON.parse(await this.cli("dev", ...args));
  }

  /** Calls the API as a program would. */
  async call(path: string, key?: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (key) headers.set("x-api-key", key);
    const answer = await fetch(this.url + path, { ...init, headers });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null, headers: answer.headers };
  }
}

/** What `secapid dev seed` made. */
export type Seed = {
  organization: { id: string; name: string };
  people: { id: string; email: string; name: string; role: string | null }[];
  apiKey: { id: string; secret: string; scopes: string[] };
};

export async function seed(data: string, settings: Record<string, string> = {}): Promise<Seed> {
  const { stdout } = await run(binary(), ["dev", "seed", "--data", data], { env: environment(settings) });
  return JSON.parse(stdout);
}

/** A database of its own on the PostgreSQL the tests were given. */
export async function createDatabase(name: string): Promise<string> {
  await sql(`CREATE DATABASE ${name}`);
  const url = new URL(process.env.SECAPI_TEST_POSTGRES!);
  url.pathname = `/${name}`;
  return url.href;
}

export async function dropDatabase(name: string): Promise<void> {
  await sql(`DROP DATABASE ${name} WITH (FORCE)`);
}

async function sql(command: string): Promise<void> {
  await run(join(import.meta.dirname, "psql"), ["-q", "-v", "ON_ERROR_STOP=1", "-c", command], { env: process.env });
}
