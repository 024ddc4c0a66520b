// Turns the compiled wasm, style/ and public/ into the files a browser loads:
//
//   .build/site/NAME.HASH.EXT      every asset under a name that changes with its content
//   .build/site/NAME.HASH.EXT.br   the same, compressed, where that saves anything
//   .build/site/favicon.svg ...    what browsers and robots ask for by a fixed name
//   .build/site/manifest.json      logical name (a name in public/, app.css, secapid.js,
//                                  secapid_bg.wasm) -> { file, bytes, br }
//
// Files whose content did not change keep their time stamps, so that cargo embeds them once.
//
//   node scripts/site.mjs --wasm FILE --bindgen COMMAND     builds
//   node scripts/site.mjs --size                            prints what a browser downloads

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const build = join(root, ".build");
const site = join(build, "site");
const stamp = join(build, "site.inputs");
const manifestFile = join(site, "manifest.json");

/** Asked for by these very names, at the root of the site. */
const FIXED_NAMES = new Set(["favicon.svg", "favicon.ico", "robots.txt", "apple-touch-icon.png"]);
/** Logical names of what is made here; what lies in public/ keeps its name. */
const STYLES = "app.css";
const WASM = "secapid";

const { values: options } = parseArgs({
  options: { wasm: { type: "string" }, bindgen: { type: "string" }, size: { type: "boolean" } },
});
if (options.size) printSizes();
else buildSite(options.wasm, options.bindgen);

function buildSite(wasm, bindgen) {
  const inputs = hash(
    [wasm, ...walk("style"), ...walk("public"), ...walk("app/src"), "package-lock.json", "scripts/site.mjs"].map(
      (path) => `${path} ${hash(readFileSync(resolve(root, path)))}`,
    ).join("\n"),
  );
  if (existsSync(manifestFile) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) {
    say("site: nothing changed");
    return;
  }

  const assets = new Map();
  for (const path of walk("public")) {
    if (assets.has(basename(path))) fail(`two files in public/ are called ${basename(path)}`);
    assets.set(basename(path), readFileSync(join(root, path)));
  }
  say("site: wasm-bindgen");
  for (const [name, bytes] of bind(wasm, bindgen)) assets.set(name, bytes);
  say("site: tailwind");
  assets.set(STYLES, tailwind());

  say("site: names and compression");
  const manifest = {};
  const files = new Map();
  const add = (name, bytes) => {
    const file = FIXED_NAMES.has(name) ? name : hashedName(name, bytes);
    const br = compress(file, bytes);
    files.set(file, bytes);
    if (br) files.set(`${file}.br`, br);
    manifest[name] = { file, bytes: bytes.length, ...(br && { br: br.length }) };
  };
  for (const [name, bytes] of assets) if (name !== STYLES) add(name, bytes);
  // Last, because it names fonts and images by the names they have just been given.
  add(STYLES, Buffer.from(withHashedUrls(assets.get(STYLES).toString(), manifest)));
  files.set("manifest.json", Buffer.from(`${JSON.stringify(sorted(manifest), null, 2)}\n`));

  publish(files);
  writeFileSync(stamp, inputs);
  printSizes();
}

/** The wasm as a browser module: the glue and the wasm itself. */
function bind(wasm, bindgen) {
  const out = join(build, "bindgen");
  rmSync(out, { recursive: true, force: true });
  execFileSync(bindgen, [
    "--target", "web", "--no-typescript", "--remove-name-section", "--remove-producers-section",
    "--out-dir", out, "--out-name", WASM, wasm,
  ], { stdio: "inherit" });
  // Inline snippets of dependencies would be files of their own, imported by unhashed paths.
  const names = readdirSync(out);
  const expected = [`${WASM}.js`, `${WASM}_bg.wasm`];
  const extra = names.filter((name) => !expected.includes(name));
  if (extra.length > 0) fail(`wasm-bindgen wrote what the site cannot serve: ${extra.join(", ")}`);
  const [glue, code] = expected.map((name) => readFileSync(join(out, name)));
  return [[expected[0], Buffer.from(bare(glue.toString()))], [expected[1], code]];
}

/** The glue without its comments and its indentation, unless a text runs over a line's end. */
function bare(js) {
  const code = js.replace(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*\n/gm, "").replace(/^[ \t]*\/\/.*\n/gm, "");
  const runsOver = code.split("\n").some((line) => line.split("`").length % 2 === 0);
  return runsOver ? js : code.replace(/^[ \t]+/gm, "").replace(/\n+/g, "\n");
}

function tailwind() {
  const out = join(build, "tailwind.css");
  const command = join(root, "node_modules/.bin/tailwindcss");
  execFileSync(command, ["--input", "style/main.css", "--output", out, "--minify"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  return readFileSync(out);
}

function withHashedUrls(css, manifest) {
  return css.replace(/url\((['"]?)\/assets\/([^'")]+)\1\)/g, (_, quote, name) => {
    if (!manifest[name]) fail(`style/ names /assets/${name}, which is not in public/`);
    return `url(${quote}/assets/${manifest[name].file}${quote})`;
  });
}

/** At the highest level, unless the same bytes were compressed before or would not shrink. */
function compress(file, bytes) {
  const before = join(site, `${file}.br`);
  if (!FIXED_NAMES.has(file) && existsSync(before)) return readFileSync(before);
  const br = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  return br.length < bytes.length * 0.95 ? br : undefined;
}

/** Makes the folder hold exactly these files, and touches only what differs; the manifest comes last. */
function publish(files) {
  mkdirSync(site, { recursive: true });
  for (const name of readdirSync(site)) if (!files.has(name)) rmSync(join(site, name), { recursive: true });
  for (const [name, bytes] of files) {
    const path = join(site, name);
    if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
  }
}

function printSizes() {
  if (!existsSync(manifestFile)) fail("there is no site yet: make build");
  const rows = Object.entries(JSON.parse(readFileSync(manifestFile, "utf8")))
    .map(([name, { bytes, br }]) => [name, bytes, br ?? bytes])
    .sort((a, b) => b[2] - a[2]);
  rows.push(["in all", rows.reduce((sum, row) => sum + row[1], 0), rows.reduce((sum, row) => sum + row[2], 0)]);
  for (const [name, bytes, sent] of rows) {
    console.error(`    ${name.padEnd(28)} ${String(bytes).padStart(9)} bytes ${String(sent).padStart(9)} sent`);
  }
}

function walk(folder) {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true })
    .map((name) => join(top, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(root, path))
    .sort();
}

function hashedName(name, bytes) {
  const ext = extname(name);
  return `${basename(name, ext)}.${hash(bytes).slice(0, 16)}${ext}`;
}

function hash(data) {
  return createHash("sha256").update(data).digest("hex");
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function say(line) {
  console.error(`==> ${line}`);
}

function fail(line) {
  console.error(`error: ${line}`);
  process.exit(1);
}
