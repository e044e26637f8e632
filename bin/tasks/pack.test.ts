import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layOut } from "./pack.ts";
import { root } from "./run-program.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-pack-"));
const installed = join(directory, "node_modules/cairn");
const USAGE = "Usage: node node_modules/cairn/bin/cairn.mjs";
const manifest = () => JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** As npm lays it out: the package itself below node_modules, where Node strips no types, and its dependencies beside it. */
beforeAll(async () => {
  await layOut(join(directory, "laid-out"));
  mkdirSync(installed, { recursive: true });
  const [tarball] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", directory], {
      cwd: join(directory, "laid-out"),
      encoding: "utf8",
    }),
  );
  execFileSync("tar", ["-xzf", join(directory, tarball.filename), "--strip-components=1", "-C", installed]);
  const here = createRequire(join(root, "apps/node/package.json"));
  for (const name of Object.keys({ ...manifest().dependencies, ...manifest().optionalDependencies })) {
    const folder = here.resolve
      .paths(name)
      ?.map((path) => join(path, name))
      .find((path) => globSync(join(path, "package.json")).length > 0);
    // A build for another platform is not there.
    if (folder === undefined) continue;
    mkdirSync(dirname(join(directory, "node_modules", name)), { recursive: true });
    symlinkSync(folder, join(directory, "node_modules", name));
  }
});

function cairn(...args: string[]) {
  return spawnSync(process.execPath, [join(installed, "bin/cairn.mjs"), ...args], {
    encoding: "utf8",
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory },
  });
}

describe("the packed product", () => {
  it("runs below node_modules with nothing of the checkout", () => {
    expect(cairn("--help")).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining(USAGE) });
    expect(cairn("--version").stdout).toBe(`${manifest().version}\n`);
    expect(JSON.parse(cairn("ls", "--json").stdout)).toMatchObject({ error: { code: "not-running" } });
    expect(cairn("doctor").stdout).toContain("account");
  });

  it("names every dependency once, and nothing that only a checkout has", () => {
    const { dependencies, optionalDependencies, scripts, private: hidden, bin } = manifest();
    expect(Object.values({ ...dependencies, ...optionalDependencies }).every((one) => /^\d/.test(String(one)))).toBe(
      true,
    );
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(["viem", "openpgp", "pg", "keccak", "secp256k1"]));
    expect([scripts, hidden, bin]).toEqual([undefined, undefined, { cairn: "bin/cairn.mjs" }]);
    const modules = globSync("{apps,packages}/**/*.js", { cwd: installed });
    expect(modules.length).toBeGreaterThan(300);
    for (const path of modules) {
      const code = readFileSync(join(installed, path), "utf8");
      expect(code, path).not.toMatch(/["']@cairn\/|["']\.{1,2}\/[^"']*\.ts["']/);
    }
    expect(globSync("**/*.{test,suite}.*", { cwd: installed })).toEqual([]);
  });
});
