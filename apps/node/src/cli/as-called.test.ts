import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { asCalled, messageAsCalled } from "./as-called.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const CALLED = "node bin/cairn.mjs";

/** What the program prints when it was called as `called`. */
function printed(called: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, CAIRN_CALLED_AS: called };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], { env }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

it.each([
  { args: ["status", "--home", "/nonexistent/cairn"], hint: "up`" },
  { args: ["status", "--json", "--home", "/nonexistent/cairn"], hint: "up`" },
  { args: ["get", ""], hint: "get --help`" },
  { args: ["nonsense"], hint: "--help`" },
  { args: ["key", "list", "--home", "/nonexistent/cairn"], hint: "key create`" },
  { args: ["get", "--help"], hint: "get 2026 /tmp/back" },
  { args: ["put", "--help"], hint: "put - --name shop.sql" },
])("names commands as the program was called: $args", async ({ args, hint }) => {
  expect(await printed("cairn", ...args)).toContain(`cairn ${hint}`);
  const text = await printed(CALLED, ...args);
  expect(text).toContain(`${CALLED} ${hint}`);
  expect(text).not.toContain(`cairn ${hint}`);
  expect(text).not.toContain("`cairn cairn");
});

it("names `npm start` in a checkout alone", async () => {
  const ls = ["ls", "--home", "/nonexistent/cairn"];
  expect(await printed(CALLED, ...ls)).toContain(`Start one with \`npm start\` (or \`${CALLED} up\`)`);
  for (const called of ["cairn", "npx cairn"]) {
    expect(await printed(called, ...ls)).toContain(`Start one with \`${called} up\`,`);
  }
});

it("leaves a name that is `cairn` in an error's message alone", () => {
  vi.stubEnv("CAIRN_CALLED_AS", CALLED);
  try {
    expect(messageAsCalled("cairn may not make tables; see `cairn up`")).toBe(
      `cairn may not make tables; see \`${CALLED} up\``,
    );
    expect(asCalled("  cairn up")).toBe(`  ${CALLED} up`);
  } finally {
    vi.unstubAllEnvs();
  }
});

it("tells who types commands of commands where programs are told of the API", () => {
  expect(asCalled("GET /openapi.json says what is allowed.")).toBe("The command with --help says what is allowed.");
  expect(asCalled("GET /openapi.json lists every route.")).toBe("GET /openapi.json lists every route.");
});
