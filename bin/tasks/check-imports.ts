import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runProgram } from "./run-program.ts";

interface Cruise {
  modules: number;
  /** Name of each broken rule, with from and to. */
  violations: { rule: string; from: string; to: string }[];
}

async function cruise(directory: string, places: string[]): Promise<Cruise> {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = ["--config", ".dependency-cruiser.cjs", "--output-type", "json", ...places];
  const { output } = await runProgram(program, args, { cwd: directory });
  if (!output.startsWith("{")) throw new Error(`dependency-cruiser did not run: ${output}`);
  const { summary } = JSON.parse(output) as {
    summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
  };
  return {
    modules: summary.totalCruised,
    violations: summary.violations.map(({ from, to, rule }) => ({ rule: rule.name, from, to })),
  };
}

const PLANTED = {
  "packages/core/src/upward.ts": 'import { market } from "@cairn/market";\nexport const upward = market;\n',
  "packages/core/src/impure.ts": 'import { readFileSync } from "node:fs";\nexport const impure = readFileSync;\n',
  "packages/core/src/one.ts": 'import { two } from "./two.ts";\nexport const one = (): unknown => two;\n',
  "packages/core/src/two.ts": 'import { one } from "./one.ts";\nexport const two = (): unknown => one;\n',
  "packages/core/src/three.ts": 'export const three = () => import("./four.ts");\n',
  "packages/core/src/four.ts": 'import { three } from "./three.ts";\nexport const four = (): unknown => three;\n',
  "apps/console/src/pages/five.ts": 'import { six } from "./six.ts";\nexport const five = (): unknown => six;\n',
  "apps/console/src/pages/six.ts": 'import { five } from "./five.ts";\nexport const six = (): unknown => five;\n',
  "packages/archive/src/browser.ts":
    'export { placed } from "./restore/place-tree.ts";\nexport { read } from "./car/read.ts";\n',
  "packages/archive/src/restore/place-tree.ts": 'export { readFileSync as placed } from "node:fs";\n',
  "packages/archive/src/car/read.ts": 'export { readFileSync as read } from "node:fs";\n',
  "packages/owner/src/in-folders.ts":
    'export { market } from "@cairn/market";\nexport { readFileSync } from "node:fs";\nexport { kept } from "./node/kept.ts";\n',
  "packages/owner/src/node/kept.ts": "export const kept = 1;\n",
  "apps/console/src/page.tsx":
    'export { market } from "@cairn/market";\nexport { readFileSync } from "node:fs";\nexport const page = <p />;\n',
  "examples/app/src/page.ts": 'export { market } from "@cairn/market";\n',
  "packages/owner/package.json": '{"name":"@cairn/owner","version":"0.1.0","type":"module"}\n',
  "packages/market/src/index.ts": "export const market = 1;\n",
  "packages/market/package.json":
    '{"name":"@cairn/market","version":"0.1.0","type":"module","exports":{".":"./src/index.ts"}}\n',
  "packages/core/package.json": '{"name":"@cairn/core","version":"0.1.0","type":"module"}\n',
  "package.json": '{"private":true,"type":"module","workspaces":["packages/*"]}\n',
};
const BROKEN = [
  "archive-browser-reaches-its-core-only",
  "archive-core-is-of-no-platform",
  "console-is-of-no-platform",
  "console-is-over-client-and-owner",
  "core-protocol-and-proofs-are-pure",
  "core-imports-down-only",
  "examples-are-over-client-and-owner",
  "no-circular",
  "no-circular-pages",
  "owner-core-is-of-no-platform",
  "owner-core-knows-no-folders",
  "owner-knows-gateways-by-their-api-only",
];

/** The rules, put to a small copy of the layout in which each is broken: a cruiser that sees nothing would pass everything. */
async function canary(): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), "cairn-canary-"));
  try {
    for (const [path, text] of Object.entries(PLANTED)) {
      mkdirSync(join(directory, path, ".."), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    for (const name of [".dependency-cruiser.cjs", "tsconfig.json"]) cpSync(join(root, name), join(directory, name));
    mkdirSync(join(directory, "node_modules/@cairn"), { recursive: true });
    symlinkSync("../../packages/market", join(directory, "node_modules/@cairn/market"));
    const { violations } = await cruise(directory, ["packages", "apps", "examples"]);
    const found = [...new Set(violations.map(({ rule }) => rule))].toSorted();
    const later = violations.some(({ rule, from }) => rule === "no-circular" && /\/(three|four)\.ts$/.test(from));
    return later && BROKEN.every((rule) => found.includes(rule))
      ? undefined
      : `the canary was not seen: expected ${BROKEN.join(", ")}; found ${found.join(", ") || "nothing"}${later ? "" : "; and not the cycle through what is loaded later"}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether imports run downwards only; what is wrong, or undefined. */
export async function checkImports(): Promise<string | undefined> {
  const silent = await canary();
  if (silent !== undefined) return silent;
  const { modules, violations } = await cruise(root, ["packages", "apps", "examples"]);
  if (modules === 0) return "dependency-cruiser saw no modules";
  return violations.length === 0
    ? undefined
    : violations.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`).join("\n");
}
