// Our verdicts on webhook signatures beside those of Stripe's own library, over thousands of headers and
// bodies that are right, nearly right and wrong. SECAPI_SEED repeats a run.

import { createHmac } from "node:crypto";
import Stripe from "stripe";
import { ourVerdicts, type SignedCase } from "../support/examples.ts";
import { expect, test } from "@playwright/test";

const CASES = 12_000;
const TOLERANCE = 300;

type Kind = "right" | "mutated" | "time" | "secret" | "header" | "body";
type Case = SignedCase & { kind: Kind; how: string; body: Buffer };

test("signatures are judged as Stripe's library judges them", async () => {
  const seed = Number(process.env.SECAPI_SEED ?? Date.now() % 2 ** 31);
  test.info().annotations.push({ type: "seed", description: String(seed) });
  console.log(`signatures: seed ${seed}`);
  const cases = generate(seed);
  const theirs = cases.map(stripes);
  const ours = await ourVerdicts(cases.map(({ header, body_base64, secret, now }) => ({ header, body_base64, secret, now })));

  const accepted = theirs.filter(Boolean).length;
  expect(cases.length).toBeGreaterThanOrEqual(10_000);
  expect(accepted, "cases the library accepts").toBeGreaterThan(cases.length / 3);
  expect(cases.length - accepted, "cases the library refuses").toBeGreaterThan(cases.length / 4);

  const differing = cases.flatMap((one, i) => {
    const want = theirs[i] && !stricter(one);
    return want === ours[i] ? [] : [`${one.how}: ours ${ours[i]}, theirs ${theirs[i]}: ${JSON.stringify(one.header)} now ${one.now}`];
  });
  expect(differing.slice(0, 5), `of ${differing.length} that differ, seed ${seed}`).toEqual([]);
  const onPurpose = cases.filter((one, i) => theirs[i] && stricter(one)).length;
  expect(onPurpose, "cases in which we are stricter on purpose").toBeGreaterThan(50);

  // The same cases find out verifiers that are a little wrong.
  for (const [what, wrong] of Object.entries(WRONG)) {
    const caught = cases.filter((one, i) => wrong(one) !== (theirs[i] && !stricter(one))).length;
    expect(caught, `cases that find out a verifier that ${what}`).toBeGreaterThan(20);
  }
});

const stripe = new Stripe("sk_test_none");

function stripes({ header, body, secret, now }: Case): boolean {
  try {
    return stripe.webhooks.signature!.verifyHeader(body, header, secret, TOLERANCE, undefined, now * 1000);
  } catch {
    return false;
  }
}

/** Where we refuse what the library takes. All of it needs the secret to bring about. */
function stricter({ header, secret, body, now }: Case): boolean {
  const at = lastTimestamp(header);
  return Number.isNaN(at) || at - now > TOLERANCE || secret === "" || body.length === 0;
}

function lastTimestamp(header: string): number {
  const values = header.split(",").map((item) => item.split("=")).filter(([key]) => key === "t");
  return parseInt(values.at(-1)?.[1] ?? "", 10);
}

function parsed(header: string): { at: number; signatures: string[] } {
  const signatures = header.split(",").map((item) => item.split("=")).filter(([key]) => key === "v1");
  return { at: lastTimestamp(header), signatures: signatures.map(([, value]) => value ?? "") };
}

/** Verifiers with one mistake each. */
const WRONG: Record<string, (one: Case) => boolean> = {
  "takes every signature": () => true,
  "takes none": () => false,
  "ignores how old it is": (one) => right(one, { age: false }),
  "ignores letter case": (one) => right(one, { fold: true }),
  "looks at the first signature alone": (one) => right(one, { first: true }),
  "looks at the beginning of a signature": (one) => right(one, { prefix: true }),
  "leaves the time out of what is signed": (one) => right(one, { untimed: true }),
};

type Mistake = { age?: boolean; fold?: boolean; first?: boolean; prefix?: boolean; untimed?: boolean };

function right({ header, body, secret, now }: Case, { age = true, fold, first, prefix, untimed }: Mistake): boolean {
  const { at, signatures } = parsed(header);
  if (Number.isNaN(at) || at === -1 || secret === "" || body.length === 0) return false;
  const text = new TextDecoder().decode(body);
  const expected = createHmac("sha256", secret).update(untimed ? text : `${at}.${text}`).digest("hex");
  const same = (signature: string) =>
    prefix ? signature.slice(0, 8) === expected.slice(0, 8) : (fold ? signature.toLowerCase() : signature) === expected;
  const considered = first ? signatures.slice(0, 1) : signatures;
  if (signatures.some((signature) => signature === "") || !considered.some(same)) return false;
  return at - now <= TOLERANCE && (!age || now - at <= TOLERANCE);
}

function generate(seed: number): Case[] {
  const random = mulberry(seed);
  const below = (n: number) => Math.floor(random() * n);
  const one = <T>(choices: readonly T[]): T => choices[below(choices.length)];
  const word = (length: number) => Array.from({ length }, () => one([..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"])).join("");
  const digest = (secret: string, at: number | string, body: Buffer) =>
    createHmac("sha256", secret).update(`${at}.${new TextDecoder().decode(body)}`).digest("hex");

  const someBody = (): Buffer => {
    const note = one(["", "Grüße", "price: 5 €", "日本", "\u2028", "a\\b\"c", "🧾", "\u0000"]) + word(below(40));
    const event = { id: `evt_${word(14)}`, object: "event", type: one(["invoice.paid", "customer.updated"]), data: { object: { note, amount: below(1e6) } } };
    return Buffer.from(one([JSON.stringify(event), JSON.stringify(event, null, 2), `${JSON.stringify(event)}\n`, word(1 + below(200))]));
  };

  const build = (): Case => {
    const secret = `whsec_${word(1 + below(40))}`;
    const body = someBody();
    const now = 1_600_000_000 + below(400_000_000);
    const fresh = now - below(TOLERANCE + 1);
    const sign = (at: number | string = fresh) => digest(secret, at, body);
    const make = (kind: Kind, how: string, header: string, changed: Partial<{ body: Buffer; secret: string }> = {}): Case => {
      const used = changed.body ?? body;
      return { kind, how, header, body: used, body_base64: used.toString("base64"), secret: changed.secret ?? secret, now };
    };
    const other = digest(`whsec_${word(20)}`, fresh, body);

    const RIGHT: (() => Case)[] = [
      () => make("right", "as Stripe sends it", `t=${fresh},v1=${sign()}`),
      () => make("right", "with v0", `t=${fresh},v1=${sign()},v0=${other}`),
      () => make("right", "two secrets, ours second", `t=${fresh},v1=${other},v1=${sign()}`),
      () => make("right", "two secrets, ours first", `t=${fresh},v1=${sign()},v1=${other}`),
      () => make("right", "many signatures", `t=${fresh},${Array.from({ length: 1 + below(6) }, () => `v1=${word(64)}`).join(",")},v1=${sign()}`),
      () => make("right", "signature before time", `v1=${sign()},t=${fresh}`),
      () => make("right", "unknown items", `x=1,t=${fresh},,=,y,v1=${sign()},v2=${word(8)}`),
      () => make("right", "on the edge of its age", `t=${now - TOLERANCE},v1=${sign(now - TOLERANCE)}`),
      () => {
        const soon = now + below(TOLERANCE + 1);
        return make("right", "a clock ahead", `t=${soon},v1=${sign(soon)}`);
      },
      () => make("right", "the last time counts", `t=${fresh - 9_999},t=${fresh},v1=${sign()}`),
      () => make("right", "what follows the number is ignored", `t=${fresh}${one(["abc", ".5", " ", "e3", "=1", "-"])},v1=${sign()}`),
      () => make("right", "space, sign and zeros before the number", `t=${one([" ", "\t", "\n", "+", " +", "00", "\u00a0", "\ufeff"])}${fresh},v1=${sign()}`),
      () => make("right", "a second = ends the value", `t=${fresh},v1=${sign()}=${word(4)}`),
      () => {
        const damaged = Buffer.concat([body, Buffer.from([0xff, 0xfe, 0xc3])]);
        return make("right", "no UTF-8, signed as read", `t=${fresh},v1=${digest(secret, fresh, damaged)}`, { body: damaged });
      },
      () => {
        const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
        return make("right", "a byte order mark", `t=${fresh},v1=${digest(secret, fresh, marked)}`, { body: marked });
      },
      () => {
        const spaced = one([` ${secret}`, `${secret}\n`, `wh sec_${word(9)}`, "ключ", "\u0000"]);
        return make("right", "an odd secret", `t=${fresh},v1=${digest(spaced, fresh, body)}`, { secret: spaced });
      },
    ];

    const flip = (text: string) => {
      const at = below(text.length);
      return text.slice(0, at) + one([..."0123456789abcdefABCDEFg, =\t"]) + text.slice(at + (random() < 0.7 ? 1 : 0));
    };
    const old = now - TOLERANCE - 1 - below(10 ** (1 + below(9)));
    const ahead = now + TOLERANCE + 1 + below(10 ** (1 + below(6)));
    const OTHER: (() => Case)[] = [
      () => make("mutated", "any letter of the header", flip(`t=${fresh},v1=${sign()}`)),
      () => make("mutated", "any letter of the signature", `t=${fresh},v1=${flip(sign())}`),
      () => make("mutated", "a piece of the signature", `t=${fresh},v1=${sign().slice(0, below(64))}`),
      () => make("mutated", "a longer signature", `t=${fresh},v1=${sign()}${one(["0", " ", "\u0000", sign()])}`),
      () => make("mutated", "upper case", `t=${fresh},v1=${sign().toUpperCase()}`),
      () => make("mutated", "the beginning is right", `t=${fresh},v1=${sign().slice(0, 32)}${word(32)}`),
      () => make("mutated", "letters of more than a byte", `t=${fresh},v1=${sign()},v1=${one(["é", "日", "🧾"]).repeat(one([1, 32, 64]))}`),
      () => make("time", "too old", `t=${old},v1=${sign(old)}`),
      () => make("time", "just too old", `t=${now - TOLERANCE - 1},v1=${sign(now - TOLERANCE - 1)}`),
      () => make("time", "too far ahead", `t=${ahead},v1=${sign(ahead)}`),
      () => make("time", "another time than was signed", `t=${fresh - 1 - below(5)},v1=${sign()}`),
      () => make("time", "signed without its time", `t=${fresh},v1=${createHmac("sha256", secret).update(body).digest("hex")}`),
      () => make("time", "no number", `t=${one(["", "abc", "NaN", "-", "+", "0x", "."])},v1=${sign("NaN")}`),
      () => {
        const at = one(["-1", "0", "1", "-5", "9".repeat(17), "9".repeat(25), `-${"9".repeat(25)}`]);
        return make("time", "far from every clock", `t=${at},v1=${sign(parseInt(at, 10))}`);
      },
      () => make("secret", "another secret", `t=${fresh},v1=${other}`),
      () => make("secret", "another secret's letter", `t=${fresh},v1=${sign()}`, { secret: `${secret}${one(["x", " ", "\n"])}` }),
      () => make("secret", "no secret", `t=${fresh},v1=${digest("", fresh, body)}`, { secret: "" }),
      () => make("header", "no header", ""),
      () => make("header", "no time", `v1=${sign()}`),
      () => make("header", "no signature", `t=${fresh}`),
      () => make("header", "another scheme", `t=${fresh},${one(["v0", "v2", "V1", " v1", "v1 "])}=${sign()}`),
      () => make("header", "white space", one([` t=${fresh},v1=${sign()}`, `t=${fresh}, v1=${sign()}`, `t=${fresh} ,v1=${sign()}`, `t =${fresh},v1=${sign()}`])),
      () => make("header", "an empty signature beside the right one", `t=${fresh},v1=,v1=${sign()}`),
      () => make("header", "a name without value", `t=${fresh},v1,v1=${sign()}`),
      () => make("header", "semicolons", `t=${fresh};v1=${sign()}`),
      () => make("body", "a letter changed", `t=${fresh},v1=${sign()}`, { body: Buffer.from(flip(body.toString())) }),
      () => make("body", "cut short", `t=${fresh},v1=${sign()}`, { body: body.subarray(0, below(body.length)) }),
      () => make("body", "a newline more", `t=${fresh},v1=${sign()}`, { body: Buffer.concat([body, Buffer.from("\n")]) }),
      () => make("body", "nothing, signed", `t=${fresh},v1=${digest(secret, fresh, Buffer.alloc(0))}`, { body: Buffer.alloc(0) }),
    ];
    return one(random() < 0.5 ? RIGHT : OTHER)();
  };
  return Array.from({ length: CASES }, build);
}

/** Small, and the same numbers for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
