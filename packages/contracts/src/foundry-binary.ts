import { createRequire } from "node:module";
import { CairnError } from "@cairn/protocol";

const require = createRequire(import.meta.url);
const ARCHITECTURE = new Map(Object.entries<string>({ x64: "amd64", arm64: "arm64" }));

/**
 * A Foundry binary inside the npm package of this platform: the package's post-install script need not have run.
 * @throws CairnError `no-foundry`
 */
export function foundryBinary(tool: "forge" | "anvil"): string {
  const name = `@foundry-rs/${tool}-${process.platform}-${ARCHITECTURE.get(process.arch) ?? process.arch}`;
  try {
    return require.resolve(`${name}/bin/${tool}${process.platform === "win32" ? ".exe" : ""}`);
  } catch (cause) {
    throw new CairnError(`the npm package ${name} is not installed`, {
      code: "no-foundry",
      kind: "unavailable",
      next: "Run `npm install` on a platform for which Foundry is published.",
      cause,
    });
  }
}
