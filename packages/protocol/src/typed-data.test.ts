import { readFileSync } from "node:fs";
import { hashTypedData } from "viem";
import { describe, expect, it } from "vitest";
import { TYPES, type TypeName } from "./typed-data.ts";
import { digestOf, verifyingContract } from "./typed-digest.ts";

const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
const where = { chainId: 7, deals: `0x${"aa".repeat(20)}`, registry: `0x${"bb".repeat(20)}` } as const;

/** Rows of the page's table "type | signer | fields". */
function tableOfPage(): { name: string; fields: string }[] {
  const [, below = ""] = /\n\| type +\| signer +\| fields[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)/.exec(page) ?? [];
  return below
    .trimEnd()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, name = "", , fields = ""]) => ({ name, fields }));
}

describe("docs/protocol.md", () => {
  it("has every signed type, with its fields, their types and their order", () => {
    const inCode = Object.entries(TYPES).map(([name, fields]) => ({
      name,
      fields: fields.map((field) => `${field.type} ${field.name}`).join(", "),
    }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(tableOfPage().toSorted(byName)).toEqual(inCode.toSorted(byName));
  });

  it("names the domain that signatures are made for", () => {
    const [, name, version, contract, others] =
      /EIP-712 domain: name "(\w+)", version "(\w+)", chainId, verifyingContract = (\w+) \(([\w, ]+): ProviderRegistry\)/.exec(
        page,
      ) ?? [];
    expect([name, version, contract]).toEqual(["Cairn", "1", "StorageDeals"]);
    const registered = Object.keys(TYPES).filter(
      (type) => verifyingContract(type as TypeName, where) === where.registry,
    );
    expect(others?.split(", ").toSorted()).toEqual(registered.toSorted());
    // The digest that viem and every wallet make of that domain.
    expect(digestOf("Retirement", { nonce: 1n, deadline: 2n }, where)).toBe(
      hashTypedData({
        domain: { name, version, chainId: where.chainId, verifyingContract: where.registry },
        types: { Retirement: TYPES.Retirement },
        primaryType: "Retirement",
        message: { nonce: 1n, deadline: 2n },
      }),
    );
  });
});
