// Every room says what it is: a description of one line in its package.json, and a README whose names are those of the code.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./run-program.ts";

const SHORTEST_LINES = 5;
const LONGEST_LINES = 15;

interface Manifest {
  name: string;
  description?: string;
  dependencies?: Record<string, string>;
}

function wrongWith(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
  const { name, description = "", dependencies = {} } = manifest;
  const wrong = /^[^\n]{20,160}[^.\n]$/.test(description) ? [] : ["package.json needs a description of one line"];
  const path = join(root, folder, "README.md");
  if (!existsSync(path)) return [...wrong, "README.md is missing"];
  const text = readFileSync(path, "utf8");
  const lines = text.trim().split("\n");
  if (lines.length < SHORTEST_LINES || lines.length > LONGEST_LINES) {
    wrong.push(`README.md has ${lines.length} lines, not ${SHORTEST_LINES} to ${LONGEST_LINES}`);
  }
  if (lines[0] !== `# ${name}`) wrong.push(`README.md must begin with "# ${name}"`);
  if (lines[2] !== `${description}.`)
    wrong.push("the third line of README.md must be the description, with a full stop");
  const ours = Object.keys(dependencies)
    .flatMap((one) => /^@cairn\/(.+)/.exec(one)?.[1] ?? [])
    .toSorted();
  const imports = `- May import: ${ours.join(", ") || "none of ours"}.`;
  if (!lines.includes(imports)) wrong.push(`README.md must say "${imports}"`);
  for (const [, named = ""] of text.matchAll(/`?((?:src|test|packages|apps|docs)\/[\w./-]*\w)/g)) {
    if (!existsSync(join(root, folder, named)) && !existsSync(join(root, named)))
      wrong.push(`README.md names ${named}`);
  }
  return wrong;
}

/** What is wrong with the descriptions and READMEs of packages and apps, or undefined. */
export async function checkRooms(): Promise<string | undefined> {
  const rooms = globSync(["packages/*/package.json", "apps/*/package.json", "examples/*/package.json"], { cwd: root })
    .map(dirname)
    .toSorted();
  if (!rooms.some((room) => basename(room) === "core")) return "no rooms were found";
  const wrong = rooms.flatMap((room) => wrongWith(room).map((one) => `${room}: ${one}`));
  return wrong.length === 0 ? undefined : wrong.join("\n");
}
