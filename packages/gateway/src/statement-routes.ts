import { listWallets } from "@cairn/accounts";
import { ENTRY_KINDS, pageEntries, totalEntries } from "@cairn/catalog";
import { PackageIdText, StatementPageJson, StatementTotalsJson } from "@cairn/client";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import type { GatewayContext } from "./gateway-context.ts";
import { After, Limit, Order, Seconds, Several, severalOf } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["account"] });
const StatementQuery = Type.Object({
  limit: Limit,
  after: After,
  order: Order,
  kinds: Several(ENTRY_KINDS),
  from: Seconds,
  before: Seconds,
  package: Type.Optional(PackageIdText),
});

/** What moved the money that the contract holds for the account's wallets. */
export function statementRoutes(server: FastifyInstance, { pool, market }: GatewayContext): void {
  const addressesOf = async (account: string) => (await listWallets(pool, account)).map(({ address }) => address);

  server.get(
    "/api/v1/statement",
    {
      config: { scope: "read" },
      schema: {
        ...about("A page of what moved the account's money in the contract, newest first unless asked otherwise"),
        querystring: StatementQuery,
        response: { 200: StatementPageJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const { kinds, package: id, ...query } = request.query as Static<typeof StatementQuery>;
      const found = id === undefined ? undefined : await market.packageStatus({ id, account });
      if (found?.documentHash === null) return { entries: [], next: null };
      const { rows, next } = await pageEntries(pool, {
        ...query,
        wallets: await addressesOf(account),
        ...(kinds === undefined ? {} : { kinds: severalOf(kinds, "kinds", ENTRY_KINDS) }),
        ...(found === undefined ? {} : { documentHash: found.documentHash }),
      });
      const entries = rows.map(({ deposit, escrow, reserve, balance, ...entry }) => ({
        ...entry,
        ...texts({ deposit, escrow, reserve, balance }),
      }));
      return { entries, next };
    },
  );

  server.get(
    "/api/v1/statement/totals",
    {
      config: { scope: "read" },
      schema: {
        ...about("What the statement of each wallet comes to: what the contract holds for it"),
        response: { 200: StatementTotalsJson },
      },
    },
    async (request) => {
      const totals = await totalEntries(pool, await addressesOf(principalOf(request).account));
      return totals.map(({ wallet, kinds, ...sums }) => ({ wallet, ...texts(sums), kinds: texts(kinds) }));
    },
  );
}

const texts = <Name extends string>(amounts: Record<Name, bigint>) =>
  Object.fromEntries(Object.entries<bigint>(amounts).map(([name, amount]) => [name, amount.toString()])) as Record<
    Name,
    string
  >;
