import { findWallet } from "@cairn/accounts";
import { PackageIdText } from "@cairn/client";
import { type Address, CairnError } from "@cairn/protocol";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";

export const Id = Type.Object({ id: PackageIdText });
export const PieceParams = Type.Object({ id: PackageIdText, piece: Type.Integer({ minimum: 0, maximum: 100_000 }) });
export const about = (summary: string) => ({ summary, tags: ["packages"] });
/** Texts that the database can look for. */
export const NO_CONTROLS = "^[^\\u0000-\\u001f\\u007f]*$";
/** Of what the database counts: rows, events. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Of the query of a list whose pages have up to a thousand entries. */
export const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1000, description: "entries of one page: 1000 unless set" }),
);
export const After = Type.Optional(
  Type.String({
    maxLength: 200,
    pattern: NO_CONTROLS,
    description: "`next` of the page before, asked for with the same sort",
  }),
);
export const Seconds = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" }),
);
export const Order = Type.Optional(Type.Union([Type.Literal("asc"), Type.Literal("desc")]));
/** Several of a query, joined by commas: which they may be is said here and held by {@link severalOf}. */
export const Several = (names: readonly string[]) =>
  Type.Optional(
    Type.String({
      maxLength: 400,
      pattern: NO_CONTROLS,
      description: `some of these, with commas: ${names.join(", ")}`,
    }),
  );

/** What a query names of some names, each exactly as it is. @throws CairnError `bad-input`, which says what there is */
export function severalOf<T extends string>(text: string, field: string, names: readonly T[]): T[] {
  return text.split(",").map((one) => {
    const known = names.find((name) => name === one);
    if (known !== undefined) return known;
    throw new CairnError(`${field} cannot be "${one.slice(0, 40)}"`, {
      code: "bad-input",
      kind: "input",
      details: { field },
      next: `Name some of these, with commas: ${names.join(", ")}.`,
    });
  });
}

export const oneOf = <T extends string>(names: readonly T[]) => Type.Union(names.map((name) => Type.Literal(name)));
export const OCTETS = ["application/octet-stream"];

/** The account's wallet of that address, or its default one. @throws CairnError `no-wallet`, `unknown-wallet` */
export async function walletOf({ pool }: GatewayContext, account: string, address?: string): Promise<Address> {
  return (await findWallet(pool, account, address)).address;
}

/** The account, after making sure that the package in the path is its own. */
export async function ownPackage(
  { market }: GatewayContext,
  request: FastifyRequest,
): Promise<{ account: string; id: string }> {
  const { account } = principalOf(request);
  const { id } = request.params as Static<typeof Id>;
  await market.requirePackage({ id, account });
  return { account, id };
}
