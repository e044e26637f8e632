import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_GROUPS } from "@cairn/protocol/error-codes";
import type { ErrorEntry } from "@cairn/protocol/error-codes/entry";
import { REFUSALS } from "../../packages/chain/src/ledger/refusals.ts";
import { root } from "./run-program.ts";

/**
 * Prints docs/errors.md from the table of error codes (packages/protocol/src/error-codes/) and that of the contracts' refusals.
 * `list-errors.ts --check` only says whether the page is current.
 */
const HEAD = `# Error codes

Every error that Cairn raises on purpose has a stable code. Over HTTP it is \`{error: {code, kind, message, next?, details?}}\`; the kind gives the
HTTP status and the exit code of the command line. An error's own message and next step name the values of its case; where it has no next step
of its own, it carries the one that stands here. This page is printed from packages/protocol/src/error-codes/: \`node bin/run.mjs errors\`.

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
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

function table(errors: Record<string, ErrorEntry>): string {
  const rows = Object.entries(errors).map(
    ([code, { kind, means, next = "" }]) =>
      `| \`${code}\` | ${[kind].flat().join(", ")} | ${cell(means)} | ${cell(next)} |`,
  );
  return `| code | kind | means | what to do |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

const groups = ERROR_GROUPS.map(({ title, rooms, errors }) => {
  const where = rooms.length === 0 ? "" : ` (${rooms.join(", ")})`;
  return `\n## ${title}${where}\n\n${table(errors)}`;
});

const REFUSED = `
## What the contracts refuse with

A call that a contract refuses has the code \`reverted\` (\`insufficient-funds\` where coins are missing), the contract's error in \`details.error\` and its
arguments in \`details.args\`.

| error | says | what to do |
|---|---|---|
`;
/** Every argument is 0, which is nowhere else in these words. */
const nothing = new Proxy<Record<string, string>>({}, { get: () => "0" });
const said = (says: (args: Record<string, string>) => string) =>
  says(nothing).replace(/1970-01-01T00:00:00Z|\b0\b/g, "…");
const refusals = Object.entries(REFUSALS)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, { says, next }]) => `| \`${name}\` | ${said(says)} | ${next} |`);

const page = `${HEAD}${groups.join("")}${REFUSED}${refusals.join("\n")}\n`;
const path = join(root, "docs/errors.md");
if (!process.argv.includes("--check")) {
  writeFileSync(path, page);
} else if (readFileSync(path, "utf8") !== page) {
  process.stderr.write("docs/errors.md is not what the table of codes says: run node bin/run.mjs errors\n");
  process.exitCode = 1;
}
