import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CairnClient } from "@cairn/client/client";
import { TYPES } from "@cairn/protocol";
import { requestFromJson } from "@cairn/protocol/wire";
import { describe, expect, it } from "vitest";
import { titlesIn } from "./testing/titles-in.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(`${root}docs/protocol.md`, "utf8");
const rows = page
  .slice(page.indexOf("## 5. Who checks what"))
  .split("\n")
  .filter((line) => line.startsWith("|") && !line.startsWith("|-"))
  .map((line) => line.split("|").slice(1, -1));
const namesOf = (cells: (string | undefined)[]) =>
  cells.flatMap((cell) => [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
const first = new Set(namesOf(rows.map(([cell]) => cell)));

/** The requests that a provider knows, as its parser lists them when it refuses another. */
function wireTypes(): string[] {
  try {
    requestFromJson({ type: "?" });
  } catch (error) {
    return /one of ([a-z, ]+)/.exec((error as Error).message)![1]!.split(", ");
  }
  throw new Error("any type is taken");
}

function clientCalls(): string[] {
  const transfer = { upload: async () => Promise.reject(), download: async () => Promise.reject() };
  const client = new CairnClient({ url: "http://127.0.0.1:1", transfer } as never);
  const own = Object.keys(client).filter((key) => typeof client[key as keyof CairnClient] === "function");
  return [...own, ...Object.getOwnPropertyNames(CairnClient.prototype)].filter((name) => name !== "constructor");
}

describe("the table of who checks what", () => {
  it.each(Object.keys(TYPES))("has the signed message %s", (name) => {
    expect([...first]).toContain(name);
  });

  it.each([...wireTypes(), "hello", "welcome", "refused", "busy"])("has the wire message %s", (name) => {
    expect([...first]).toContain(name);
  });

  it.each(clientCalls())("has the client's call %s", (name) => {
    expect([...first]).toContain(name);
  });

  it("names tests that exist, by their titles, in every row", () => {
    for (const cells of rows.filter(([cell]) => !/^ (message|call, and)/.test(cell!))) {
      for (const test of cells
        .at(-1)!
        .trim()
        .split(/; (?=`)/)) {
        const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
        const path = file.startsWith("node/") ? `apps/${file}` : `packages/${file}`;
        expect(existsSync(root + path), `${cells[0]}: ${test}`).toBe(true);
        expect(titlesIn(readFileSync(root + path, "utf8")), `${cells[0]}: ${path}`).toContain(title);
      }
    }
  });
});
