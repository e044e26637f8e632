import { listWallets } from "@cairn/accounts";
import { DEAL_SORTS, type DealLine, type DealPageRequest, pageDeals } from "@cairn/catalog";
import { AddressText, type DealJson, DealsPageJson, PackageIdText, type PlacementJson } from "@cairn/client";
import { periodStart } from "@cairn/core";
import { pieceCidV2 } from "@cairn/proofs";
import { type Address, DEAL_STATES } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import type { GatewayContext } from "./gateway-context.ts";
import { After, about, Limit, Order, oneOf, Seconds, Several, severalOf } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

/** What a check says of one shard, where it could look at all. */
const CHECK_RESULTS = ["sound", "damaged", "wrong-bytes", "wrong-proof", "silent", "refused"] as const;
const DealQuery = Type.Object({
  limit: Limit,
  after: After,
  sort: Type.Optional(oneOf(DEAL_SORTS)),
  order: Order,
  states: Several(DEAL_STATES),
  package: Type.Optional(PackageIdText),
  provider: Type.Optional(AddressText),
  endsFrom: Seconds,
  endsBefore: Seconds,
  provedFrom: Seconds,
  provedBefore: Seconds,
  checkedFrom: Seconds,
  checkedBefore: Seconds,
  checkResults: Several(CHECK_RESULTS),
});

/** The deals of the account's wallets, to be looked through. */
export function dealRoutes(server: FastifyInstance, { pool, network }: GatewayContext): void {
  // The first period that ends at that time or later: a period counts by when it ended.
  const periodFrom = (time: number) =>
    Math.ceil((time - network.deployment.genesisTime) / network.deployment.periodSeconds) - 1;
  server.get(
    "/api/v1/deals",
    {
      config: { scope: "read" },
      schema: {
        ...about("A page of the account's deals, the newest first unless asked otherwise"),
        querystring: DealQuery,
        response: { 200: DealsPageJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const wallets = await listWallets(pool, account);
      const { states, provider, checkResults, provedFrom, provedBefore, ...query } = request.query as Static<
        typeof DealQuery
      >;
      const { rows, next } = await pageDeals(pool, {
        ...(query as Omit<DealPageRequest, "owners" | "account">),
        account,
        owners: wallets.map(({ address }) => address),
        ...(states === undefined ? {} : { states: severalOf(states, "states", DEAL_STATES) }),
        ...(provider === undefined ? {} : { provider: provider as Address }),
        ...(checkResults === undefined ? {} : { checkResults: severalOf(checkResults, "checkResults", CHECK_RESULTS) }),
        ...(provedFrom === undefined ? {} : { provedFrom: periodFrom(provedFrom) }),
        ...(provedBefore === undefined ? {} : { provedBefore: periodFrom(provedBefore) }),
      });
      return { deals: rows.map((line) => dealToJson(line, network.deployment)), next };
    },
  );
}

function dealToJson(line: DealLine, clock: GatewayContext["network"]["deployment"]): DealJson {
  const { commP, label, pieceLength, placement, pricePerPeriod, escrow, paid, refunded } = line;
  return {
    ...line,
    lastProvedAt: line.lastProved === null ? null : periodStart(line.lastProved + 1, clock),
    label: label === null || label.length === 0 ? null : Buffer.from(label).toString("base64"),
    placement: placement as PlacementJson | null,
    pieceCid:
      commP === null || pieceLength === null
        ? null
        : pieceCidV2(Buffer.from(commP.slice(2), "hex"), pieceLength).toString(),
    pricePerPeriod: pricePerPeriod.toString(),
    escrow: escrow.toString(),
    paid: paid.toString(),
    refunded: refunded.toString(),
  };
}
