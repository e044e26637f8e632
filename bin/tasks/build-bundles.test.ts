import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUNDLES, freshIndex } from "@cairn/process/bundled";
import { beforeAll, describe, expect, it } from "vitest";
import { buildBundles } from "./build-bundles.ts";
import { root } from "./run-program.ts";

const run = (program: string, env: Record<string, string> = {}) =>
  new Promise<{ code: number; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(root, program)],
      { env: { PATH: process.env.PATH, ...env } },
      (_, __, stderr) => resolve({ code: child.exitCode ?? -1, stderr }),
    );
    child.stdin?.end();
  });

describe("bundles", () => {
  beforeAll(buildBundles, 600_000);

  it("are there for each program that runs bundled, and are not made again while nothing changed", async () => {
    const programs = globSync("{packages,apps}/*/src/**/*main.ts", { cwd: root }).filter((path) =>
      readFileSync(join(root, path), "utf8").includes("runBundled("),
    );
    const index = freshIndex();
    expect(Object.keys(index?.programs ?? {}).toSorted()).toEqual(programs.toSorted());
    await buildBundles();
    expect(freshIndex()?.programs).toEqual(index?.programs);
  });

  it("name in stacks the lines of the sources, as the modules themselves do", async () => {
    const stackOf = async (env: Record<string, string>) => {
      const { code, stderr } = await run("apps/node/src/gateway/gateway-main.ts", env);
      expect(code).toBe(1);
      const { stack } = JSON.parse(stderr) as { stack: string };
      return /apps\/node\/src\/gateway\/serve-gateway\.ts:\d+/.exec(stack)?.[0];
    };
    const bundled = await stackOf({});
    expect(bundled).toBeDefined();
    expect(bundled).toBe(await stackOf({ CAIRN_BUNDLES: "off" }));
  });

  it("load no program from another", () => {
    const programs = Object.values(freshIndex()?.programs ?? {});
    const folder = dirname(fileURLToPath(new URL(programs[0] ?? "", BUNDLES)));
    const names = new Set(programs.map((path) => `./${basename(path)}`));
    for (const name of globSync("*.js", { cwd: folder })) {
      const imports = readFileSync(join(folder, name), "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g);
      for (const [, path = ""] of imports) expect(names.has(path), `${name} loads ${path}`).toBe(false);
    }
  });

  it("start their threads from bundles", () => {
    const [program = ""] = Object.values(freshIndex()?.programs ?? {});
    const folder = dirname(fileURLToPath(new URL(program, BUNDLES)));
    const code = globSync("*.js", { cwd: folder }).map((name) => readFileSync(join(folder, name), "utf8"));
    const threads = code.flatMap((text) => [...text.matchAll(/new Worker\(new URL\("([^"]+)", import\.meta\.url\)/g)]);
    expect(threads.length).toBeGreaterThanOrEqual(4);
    for (const [, path = ""] of threads) expect(existsSync(join(folder, path)), path).toBe(true);
  });
});
