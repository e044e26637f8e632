import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** A checkout of one program, whose bundle says what it is. */
let checkout: string;
const at = (path: string) => join(checkout, path);

beforeEach(() => {
  checkout = realpathSync(mkdtempSync(join(tmpdir(), "cairn-bundled-")));
  for (const folder of ["packages/process/src", "node_modules/.cairn-bundles/one"])
    mkdirSync(at(folder), { recursive: true });
  for (const name of ["bundled.ts", "map-stacks.ts"])
    cpSync(join(import.meta.dirname, name), at(`packages/process/src/${name}`));
  writeFileSync(at("package.json"), `{"type":"module"}`);
  writeFileSync(at("node_modules/.package-lock.json"), "{}");
  writeFileSync(at("program.ts"), `process.stdout.write("modules");`);
  writeFileSync(
    at("main.ts"),
    `import { runBundled } from "./packages/process/src/bundled.ts";
     await runBundled(import.meta.url, () => import("./program.ts"));`,
  );
  writeFileSync(at("node_modules/.cairn-bundles/one/main.js"), `process.stdout.write("bundle");`);
  keepIndex();
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

const node = (args: string[], env = {}) =>
  execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
  });
const run = (env = {}) => node([at("main.ts")], env);

/** As it is after a build. */
function keepIndex(): void {
  node([
    "--input-type=module",
    "-e",
    `import { writeFileSync } from "node:fs";
     import { newIndex } from ${JSON.stringify(at("packages/process/src/bundled.ts"))};
     writeFileSync(${JSON.stringify(at("node_modules/.cairn-bundles/index.json"))},
       JSON.stringify(newIndex({ "main.ts": "one/main.js" }, ["program.ts"])));`,
  ]);
}

describe("runBundled", () => {
  it("runs a fresh bundle, and the modules where bundles are turned off", () => {
    expect(run()).toBe("bundle");
    expect(run({ CAIRN_BUNDLES: "off" })).toBe("modules");
    expect(run({ CAIRN_DOORS: "/elsewhere/door.ts" })).toBe("modules");
  });

  it("runs the modules after a source was changed, also where size and time of change are as before", () => {
    const { mtime, atime } = statSync(at("program.ts"));
    writeFileSync(at("program.ts"), `process.stdout.write("changed");`);
    utimesSync(at("program.ts"), atime, mtime);
    expect(run()).toBe("changed");
  });

  it("runs the modules after an installation, without an index, with a broken one, and with one of another form", () => {
    const index = at("node_modules/.cairn-bundles/index.json");
    writeFileSync(at("node_modules/.package-lock.json"), `{"packages":{}}`);
    expect(run()).toBe("modules");
    keepIndex();
    expect(run()).toBe("bundle");
    for (const content of ["{", `{"version":0}`]) {
      writeFileSync(index, content);
      expect(run()).toBe("modules");
    }
    rmSync(index);
    expect(run()).toBe("modules");
  });

  it("runs the modules where the checkout was moved, as places stand in bundles", () => {
    const moved = `${checkout}-moved`;
    cpSync(checkout, moved, { recursive: true, preserveTimestamps: true });
    try {
      expect(node([join(moved, "main.ts")])).toBe("modules");
    } finally {
      rmSync(moved, { recursive: true, force: true });
    }
  });

  it("runs the modules where a source is gone by now", () => {
    rmSync(at("program.ts"));
    writeFileSync(at("renamed.ts"), `process.stdout.write("renamed");`);
    writeFileSync(
      at("main.ts"),
      `import { runBundled } from "./packages/process/src/bundled.ts";
      await runBundled(import.meta.url, () => import("./renamed.ts"));`,
    );
    expect(run()).toBe("renamed");
  });
});
