// Put each program's modules into few files: a process that loads hundreds one by one needs three times the processor time. Run beside
// `cairn up` and before the tests of networks; what is fresh already is left as it is.
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
import { constants, setPriority } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { exitWithParent } from "@cairn/process";
import { BUNDLES, freshIndex, newIndex } from "@cairn/process/bundled";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";
import { root } from "./run-program.ts";

/** Program, as it is started, to the module that it runs. */
const PROGRAMS: Record<string, string> = {
  "apps/node/src/main.ts": "apps/node/src/cli/command-line.ts",
  "apps/node/src/gateway/gateway-main.ts": "apps/node/src/gateway/serve-gateway.ts",
  "apps/node/src/downstream/downstream-main.ts": "apps/node/src/downstream/serve-downstream.ts",
  "packages/chain/src/node-main.ts": "packages/chain/src/node/serve-chain.ts",
  "packages/gateway/src/vault-paths/reader-main.ts": "packages/gateway/src/vault-paths/serve-reader.ts",
  "packages/provider/src/main.ts": "packages/provider/src/serve-provider.ts",
};
/** Threads that programs start, by the URL of a module beside their own. */
const THREADS = [
  "packages/archive/src/pack/pack-worker.ts",
  "packages/archive/src/restore/restore-worker.ts",
  "packages/chain/src/node/calls/call-worker.ts",
  "packages/market/src/kernels/worker.ts",
];
/** Loaded by none of ours, or a part of another package that looks for it where it is. */
const OUTSIDE = /^(node:.*|pg-native|typescript|.*\.node)$/;
/** Running processes load parts of theirs later, also when newer ones are there. */
const KEPT = 8;
const THREAD = "\0thread:";
const STACKS = "\0stacks";

const nameOf = (path: string) => path.replace(/\.ts$/, "").replaceAll("/", "-");

/** What a module finds out about its place, as constants: it stands elsewhere in a bundle. */
function placed(code: string, id: string): string {
  const load = createRequire(id);
  const url = JSON.stringify(pathToFileURL(id).href);
  const changed = code
    .replaceAll(/new URL\("(\.\/[\w-]+\.ts)", import\.meta\.url\)/g, (as, path: string) => {
      const thread = relative(root, join(dirname(id), path));
      return THREADS.includes(thread) ? `new URL("./${nameOf(thread)}.js", import.meta.bundle)` : as;
    })
    .replaceAll(/import\.meta\.resolve\("([^"]+)"\)/g, (_, name: string) =>
      JSON.stringify(pathToFileURL(load.resolve(name)).href),
    )
    .replaceAll("import.meta.url", url)
    .replaceAll("import.meta.bundle", "import.meta.url");
  // Where a module of CommonJS does not name them itself.
  if (
    !/\bmodule\.exports\b|\bexports\.|\brequire\(/.test(changed) ||
    /\b(const|let|var)\s+__(dirname|filename)\b/.test(changed)
  )
    return changed;
  return changed
    .replaceAll(/\b__dirname\b/g, JSON.stringify(dirname(id)))
    .replaceAll(/\b__filename\b/g, JSON.stringify(id));
}

const keepPlaces: Plugin = {
  name: "keep-places",
  resolveId: (id) => (id.startsWith("\0") ? id : undefined),
  load(id) {
    if (id === STACKS) {
      const path = join(root, "packages/process/src/map-stacks.ts");
      return `import { mapStacks } from ${JSON.stringify(path)}; mapStacks(new URL(".", import.meta.url).href);`;
    }
    if (!id.startsWith(THREAD)) return undefined;
    return `import ${JSON.stringify(STACKS)}; import ${JSON.stringify(join(root, id.slice(THREAD.length)))};`;
  },
  transform(code, id) {
    if (id.startsWith("\0") || !/import\.meta|__dirname|__filename/.test(code)) return undefined;
    const changed = placed(code, id);
    // Columns of a changed line are off, lines are not.
    return changed === code ? undefined : { code: changed, map: null };
  },
};

/** Sources stand in their files: the map need not hold them. */
function slim(path: string): void {
  const { sourcesContent: _, ...map } = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(map));
}

/** Files of ours that went into the bundles, and those by which they were found. */
function sourcesOf(chunks: OutputChunk[]): string[] {
  const ids = chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => id.startsWith(`${root}/`));
  const ours = ids.map((id) => relative(root, id)).filter((path) => !path.includes("node_modules/"));
  const manifests = globSync(["package.json", "tsconfig.json", "packages/*/package.json", "apps/*/package.json"], {
    cwd: root,
  });
  return [...new Set([...ours, ...manifests, "bin/tasks/build-bundles.ts"])].toSorted();
}

/** Take away all but the newest. */
function clear(folder: string): void {
  const found = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const byAge = found
    .map(({ name }) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at);
  for (const { path } of byAge.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}

/** Build the bundles unless there are fresh ones. */
export async function buildBundles(): Promise<void> {
  if (freshIndex() !== undefined) return;
  const began = Date.now();
  const folder = fileURLToPath(BUNDLES);
  mkdirSync(folder, { recursive: true });
  const target = mkdtempSync(join(folder, "build-"));
  const input = {
    ...Object.fromEntries(Object.entries(PROGRAMS).map(([program, module]) => [nameOf(program), join(root, module)])),
    ...Object.fromEntries(THREADS.map((thread) => [nameOf(thread), `${THREAD}${thread}`])),
  };
  const build = await rolldown({
    input,
    platform: "node",
    external: OUTSIDE,
    plugins: [keepPlaces],
    onLog: () => undefined,
  });
  const { output } = await build.write({ dir: target, format: "esm", sourcemap: true, entryFileNames: "[name].js" });
  await build.close();
  const chunks = output.filter((one) => one.type === "chunk");
  for (const { fileName } of chunks)
    if (existsSync(join(target, `${fileName}.map`))) slim(join(target, `${fileName}.map`));
  const programs = Object.keys(PROGRAMS).map((program) => [program, `${basename(target)}/${nameOf(program)}.js`]);
  const sources = sourcesOf(chunks);
  // What was changed meanwhile may have been read before.
  if (sources.some((path) => statSync(join(root, path)).ctimeMs >= began)) {
    rmSync(target, { recursive: true, force: true });
    return;
  }
  const draft = join(target, "index.json");
  writeFileSync(draft, JSON.stringify(newIndex(Object.fromEntries(programs), sources)));
  renameSync(draft, join(folder, "index.json"));
  clear(folder);
}

if (import.meta.main) {
  exitWithParent();
  setPriority(constants.priority.PRIORITY_LOW);
  await buildBundles();
}
