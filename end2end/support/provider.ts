// The independent identity provider, seen from a test: it can be taken down and brought back.

import { fork, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";

export const CLIENT = { client_id: "console", client_secret: "a secret only tests know" };

export class IdentityProvider {
  private process!: ChildProcess;
  private client?: object;
  // Its own, so that it signs with the same key after it was down.
  private readonly jwks = { keys: [signingKey()] };
  /** `http://127.0.0.1:40124` */
  issuer = "";

  static async start(): Promise<IdentityProvider> {
    const provider = new IdentityProvider();
    await provider.launch(0);
    return provider;
  }

  /** Who will send people here. */
  async expect(console: string): Promise<void> {
    this.client = {
      ...CLIENT,
      redirect_uris: [`${console}/auth/callback`],
      post_logout_redirect_uris: [`${console}/signed-out`],
    };
    await this.configure();
  }

  async down(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }

  async up(): Promise<void> {
    await this.launch(Number(new URL(this.issuer).port));
    await this.configure();
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.down();
  }

  private async launch(port: number): Promise<void> {
    const env = { ...process.env, SECAPI_PROVIDER_PORT: String(port), NODE_NO_WARNINGS: "1" };
    const script = join(import.meta.dirname, "provider.mjs");
    this.process = fork(script, [], { env, execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const [{ issuer }] = await once(this.process, "message");
    this.issuer = issuer;
  }

  private async configure(): Promise<void> {
    this.process.send({ issuer: this.issuer, client: this.client, jwks: this.jwks });
    await once(this.process, "message");
  }
}

function signingKey(): object {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: "test", alg: "RS256", use: "sig" };
}
