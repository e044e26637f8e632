import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run-program.ts";

/**
 * Writes docs/errors.md from the sources: every `code`, its kind, and the words that go with it where they stand beside it.
 * `list-errors.ts --check` only says whether the page is current.
 */
const HEAD = `# Error codes

Every error that Cairn raises on purpose has a stable code. Over HTTP it is \`{error: {code, kind, message, next?, details?}}\`; the kind gives the
HTTP status and the exit code of the command line. This page is made from the sources: \`node bin/tasks/list-errors.ts\`.

| kind | HTTP | exit |
|---|---|---|
| input | 400 | 2 |
| auth | 401 | 3 |
| missing | 404 | 4 |
| conflict | 409 | 5 |
| unavailable | 503 | 6 |
| exhausted | 507 | 7 |
| corrupt | 502 | 8 |
| internal | 500 | 1 |

| code | kind | says | what to do |
|---|---|---|---|
`;

interface Entry {
  kind: string;
  message: string;
  next: string;
}

const LITERAL = String.raw`(?:"((?:[^"\\]|\\.)*)"|\x60((?:[^\x60\\]|\\.)*)\x60)`;

function literalAfter(text: string, label: string): string {
  const found = new RegExp(`${label}\\s*${LITERAL}`).exec(text);
  return (found?.[1] ?? found?.[2] ?? "")
    .replace(/\$\{[^}]*\}/g, "…")
    .replace(/\s+/g, " ")
    .replaceAll("|", "\\|");
}

function errorsOf(source: string, into: Map<string, Entry>): void {
  for (const match of source.matchAll(/code: "([a-z0-9-]+)",\s*kind: "([a-z]+)"/g)) {
    const [, code = "", kind = ""] = match;
    const before = source.slice(Math.max(0, match.index - 600), match.index);
    const opening = before.lastIndexOf("CairnError(");
    const message = opening === -1 ? "" : literalAfter(before.slice(opening), "CairnError\\(");
    const closing = source.slice(match.index, match.index + 500).split(/\n {0,4}\}\);|\n\}/)[0] ?? "";
    const known = into.get(code);
    const entry = { kind, message, next: literalAfter(closing, "next:") };
    if (known === undefined || known.message.length + known.next.length < message.length + entry.next.length) {
      into.set(code, entry);
    }
  }
}

const errors = new Map<string, Entry>();
for (const file of globSync(["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"], { cwd: root }).sort()) {
  if (/\.test\.ts$|\/testing\/|\.suite\.ts$/.test(file)) continue;
  errorsOf(readFileSync(join(root, file), "utf8"), errors);
}
const rows = [...errors]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([code, { kind, message, next }]) => `| \`${code}\` | ${kind} | ${message} | ${next} |`);
const page = `${HEAD}${rows.join("\n")}\n`;
const path = join(root, "docs/errors.md");
if (!process.argv.includes("--check")) {
  writeFileSync(path, page);
} else if (readFileSync(path, "utf8") !== page) {
  process.stderr.write("docs/errors.md is not what the sources say: run node bin/tasks/list-errors.ts\n");
  process.exitCode = 1;
}
