import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { expect, it } from "vitest";

const packages = fileURLToPath(new URL("../../", import.meta.url));

/** What a browser loads, and the most bytes that it may have when minified (each measured at some nine tenths of that). */
const ROOMS: Record<string, number> = {
  "protocol/src/index.ts": 138_000,
  "protocol/src/document.ts": 155_000,
  "protocol/src/wire.ts": 92_000,
  "core/src/index.ts": 165_000,
  "client/src/index.ts": 141_000,
  // Whoever is given a certificate may check it in a page.
  "proofs/src/certificate/index.ts": 200_000,
  "archive/src/browser.ts": 700_000,
  // With client, archive and what is signed.
  "owner/src/index.ts": 940_000,
  // With archive, whose OpenPGP is most of it.
  "owner/src/browser/index.ts": 800_000,
};

interface Bundle {
  bytes: number;
  /** Imports that are left for whoever runs it. */
  left: string[];
  warnings: string[];
  /** Our own files in it. */
  modules: string[];
}

/** Names of Node's that need no import. */
const NODES_OWN = /\b(?:Buffer|process|setImmediate|__dirname)\b(?:\.|\()/;
const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

async function bundleOf(entry: string): Promise<Bundle> {
  const warnings: string[] = [];
  const { output } = await build({
    input: `${packages}${entry}`,
    platform: "browser",
    logLevel: "warn",
    onLog: (_level, log) => warnings.push(log.message),
    output: { minify: true, format: "esm", codeSplitting: false },
    write: false,
  });
  const chunks = output.filter((part) => part.type === "chunk");
  return {
    bytes: chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk.code), 0),
    left: chunks
      .flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
      .filter((name) => !chunks.some(({ fileName }) => fileName === name)),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds.filter((id) => id.startsWith(packages))),
    warnings,
  };
}

for (const [entry, limit] of Object.entries(ROOMS)) {
  it(`bundles ${entry} for browsers, with nothing left to import`, async () => {
    const { bytes, left, warnings, modules } = await bundleOf(entry);
    const impure = modules.filter((path) => NODES_OWN.test(readFileSync(path, "utf8").replace(comments, "")));
    expect({ left, warnings, impure }).toEqual({ left: [], warnings: [], impure: [] });
    expect(modules).toContain(`${packages}${entry}`);
    console.log(`${entry}: ${bytes} bytes minified`);
    expect(bytes).toBeGreaterThan(limit / 2);
    expect(bytes).toBeLessThan(limit);
  });
}

it("would see an import of Node's", async () => {
  const { left, warnings } = await bundleOf("process/src/durable-file.ts");
  expect(left.some(isBuiltin) || warnings.length > 0).toBe(true);
});
