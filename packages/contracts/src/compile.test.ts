import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileContracts, generateFiles } from "./compile.ts";
import { CONTRACTS } from "./contract-names.ts";

/** EIP-170: the most code that a contract may have. */
const MAX_CODE_BYTES = 24_576;

describe("the generated files", () => {
  it("are what the sources compile to", { timeout: 300_000 }, () => {
    const compiled = compileContracts();
    for (const [name, text] of Object.entries(generateFiles(compiled))) {
      const committed = readFileSync(new URL(`../generated/${name}`, import.meta.url), "utf8");
      expect(committed === text, `run \`node bin/run.mjs generate\`: ${name} is stale`).toBe(true);
    }
    for (const name of CONTRACTS) {
      expect(compiled.contracts[name].codeBytes).toBeGreaterThan(0);
      expect(compiled.contracts[name].codeBytes).toBeLessThanOrEqual(MAX_CODE_BYTES);
    }
  });
});
