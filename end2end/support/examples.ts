// The example programs that stand at the edges of the wire format: the payment sandbox alone, and our
// verdicts on webhook signatures.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

function example(name: string): string {
  const beside = process.env.SECAPID_BIN && join(dirname(process.env.SECAPID_BIN), "examples");
  const path = join(process.env.SECAPI_EXAMPLES ?? beside ?? "", name);
  if (!existsSync(path)) throw new Error(`${path} is not built: cargo build -p sandbox -p providers --examples`);
  return path;
}

/** The payment sandbox, in a process of its own. */
export class PaymentSandbox {
  private constructor(
    readonly url: string,
    readonly key: string,
    readonly webhookSecret: string,
    private readonly process: ChildProcessWithoutNullStreams,
  ) {}

  static async start(webhooks?: string): Promise<PaymentSandbox> {
    const child = spawn(example("payments"), webhooks ? [webhooks] : []);
    child.stderr.resume();
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const [url, key, secret] = String(line).split(" ");
    return new PaymentSandbox(url, key, secret, child);
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.kill("SIGINT");
    await ended;
  }
}

/** A webhook as it might arrive. */
export type SignedCase = { header: string; body_base64: string; secret: string; now: number };

/** What our own verifier says to each. */
export async function ourVerdicts(cases: SignedCase[]): Promise<boolean[]> {
  const child = spawn(example("stripe_signature"), []);
  let refused = "";
  child.stderr.on("data", (chunk) => (refused += chunk));
  const read = (async () => {
    const verdicts: boolean[] = [];
    for await (const line of createInterface({ input: child.stdout })) verdicts.push(line === "ok");
    return verdicts;
  })();
  // All at once: the pipes push back when either side is behind.
  child.stdin.end(cases.map((one) => JSON.stringify(one)).join("\n") + "\n");
  const verdicts = await read;
  if (verdicts.length !== cases.length) throw new Error(`${verdicts.length} verdicts on ${cases.length} cases: ${refused}`);
  return verdicts;
}
