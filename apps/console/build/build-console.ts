// node bin/run.mjs console: the console as files that a gateway serves, in dist/STAMP; prints that folder. Nothing is done where it is there already.
import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { InputOptions } from "rolldown";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const room = join(root, "apps/console");
const dist = join(room, "dist");
/** What the console is made of. */
const SOURCES = [
  "apps/console/{src,build}/**/*.{ts,tsx,css,html,svg}",
  "packages/{archive,client,core,owner,process,proofs,protocol}/src/**/*.ts",
  "packages/{archive,client,core,owner,process,proofs,protocol}/package.json",
  "package-lock.json",
];
/** Where every file but the shell itself is found at the gateway. */
const BASE = "/console/";
/** Built folders that stay: a gateway that starts may be reading the one before. */
const KEPT = 2;

const hash = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

function stampOfSources(): string {
  const sum = createHash("sha256");
  const files = globSync(SOURCES, { cwd: root, exclude: (name) => /\.test\.tsx?$/.test(name) });
  for (const file of files.toSorted())
    sum
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return sum.digest("hex").slice(0, 16);
}

/** What pdf.js reads when a PDF needs it: decoders, fonts that a PDF may leave out, tables of characters. Its interpreter of JavaScript is not among it. */
const PDF_FILES = "{wasm/{jbig2,openjpeg,qcms_bg}.wasm,standard_fonts/*.{pfb,ttf},cmaps/*.bcmap,LICENSE,*/LICENSE*}";
const pdfRoom = dirname(createRequire(join(room, "package.json")).resolve("pdfjs-dist/package.json"));
const { version: pdfVersion } = JSON.parse(readFileSync(join(pdfRoom, "package.json"), "utf8")) as { version: string };
/** The beginning of their names: they change with the version alone. */
const pdfPrefix = `pdf-${pdfVersion}-`;

const DEFINE = { "process.env.NODE_ENV": '"production"', PDF_FILES: JSON.stringify(`${BASE}${pdfPrefix}`) };

/** Bundle into `folder`; the shell names what it loads by the hash of its content. */
async function bundle(folder: string): Promise<void> {
  const { build } = await import("rolldown");
  const common: Partial<InputOptions> = {
    platform: "browser",
    transform: { jsx: "react-jsx", define: DEFINE, target: "es2023" },
    // "use client" means nothing here.
    onLog: (level, log, handle) => (log.code === "MODULE_LEVEL_DIRECTIVE" ? undefined : handle(level, log)),
  };
  const entries = { main: join(room, "src/main.tsx"), ...workers() };
  const { output } = await build({
    ...common,
    input: entries,
    write: false,
    output: {
      format: "esm",
      minify: true,
      entryFileNames: "[name]-[hash].js",
      chunkFileNames: "[name]-[hash].js",
      assetFileNames: "[name]-[hash][extname]",
    },
  });
  const early = await build({
    ...common,
    input: join(room, "src/early.ts"),
    write: false,
    output: { format: "iife", minify: true, codeSplitting: false },
  });
  const css = globSync("src/styles/*.css", { cwd: room })
    .toSorted()
    .map((file) => readFileSync(join(room, file), "utf8"))
    .join("\n")
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s+/g, " ");
  const files = new Map<string, string | Uint8Array>();
  for (const one of output) files.set(one.fileName, one.type === "chunk" ? one.code : one.source);
  const styleName = `style-${hash(css)}.css`;
  files.set(styleName, css);
  const earlyCode = early.output[0].code;
  const earlyName = `early-${hash(earlyCode)}.js`;
  files.set(earlyName, earlyCode);
  const icon = readFileSync(join(room, "src/icon.svg"));
  const iconName = `icon-${hash(icon)}.svg`;
  files.set(iconName, icon);
  for (const file of globSync(PDF_FILES, { cwd: pdfRoom })) {
    files.set(`${pdfPrefix}${basename(file)}`, readFileSync(join(pdfRoom, file)));
  }
  const main = output.find((one) => one.type === "chunk" && one.isEntry && one.name === "main");
  if (main?.type !== "chunk") throw new Error("the bundle has no entry");
  // All that the first page waits for is asked for at once.
  const first = [main.fileName, ...main.imports];
  const names: Record<string, string> = {
    ICON: iconName,
    STYLE: styleName,
    EARLY: earlyName,
    MAIN: main.fileName,
    // Found by src/worker-url.ts.
    WORKERS: output
      .flatMap((one) => (one.type === "chunk" && one.isEntry && one !== main ? `${one.name}=${one.fileName}` : []))
      .join(" "),
    PRELOADS: main.imports.map((name) => `<link rel="modulepreload" href="${BASE}${name}">`).join(""),
  };
  const shell = readFileSync(join(room, "src/shell.html"), "utf8").replace(/\{\{(\w+)\}\}/g, (as, name: string) =>
    Object.hasOwn(names, name) ? (names[name] as string) : as,
  );
  for (const [name, content] of files) {
    writeFileSync(join(folder, name), content);
    if (/\.(js|css|svg)$/.test(name)) writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  }
  writeFileSync(join(folder, "shell.html"), shell);
  const { PATHS } = (await import("../src/paths.ts")) as { PATHS: readonly string[] };
  const described = { paths: PATHS, files: [...files.keys()].toSorted(), first: [...first, styleName, earlyName] };
  writeFileSync(join(folder, "console.json"), `${JSON.stringify(described, null, 2)}\n`);
}

/** `src/workers/NAME.ts` is a script of its own, which a page finds by `workerUrl("NAME")`. */
function workers(): Record<string, string> {
  return Object.fromEntries(
    globSync("src/workers/*.worker.ts", { cwd: room }).map((file) => [
      file.slice("src/workers/".length, -".ts".length),
      join(room, file),
    ]),
  );
}

/** @returns the folder of the console as its sources are now */
export async function buildConsole(): Promise<string> {
  const stamp = stampOfSources();
  const target = join(dist, stamp);
  if (existsSync(join(target, "console.json"))) return target;
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, ".new-"));
  try {
    await bundle(folder);
    try {
      renameSync(folder, target);
    } catch (error) {
      // Another start built it in the meantime.
      if (!existsSync(join(target, "console.json"))) throw error;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  removeOld(stamp);
  return target;
}

/** What a build that was killed has left is as old as no build takes long. */
const KILLED_MILLISECONDS = 3_600_000;

function removeOld(stamp: string): void {
  for (const name of readdirSync(dist).filter((one) => one.startsWith(".new-"))) {
    const stats = statSync(join(dist, name), { throwIfNoEntry: false });
    if (stats === undefined || Date.now() - stats.mtimeMs < KILLED_MILLISECONDS) continue;
    rmSync(join(dist, name), { recursive: true, force: true });
  }
  const built = readdirSync(dist)
    .filter((name) => /^[0-9a-f]{16}$/.test(name) && name !== stamp)
    .map((name) => ({ name, at: statSync(join(dist, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at);
  for (const { name } of built.slice(KEPT - 1)) rmSync(join(dist, name), { recursive: true, force: true });
}

if (import.meta.main) process.stdout.write(`${await buildConsole()}\n`);
