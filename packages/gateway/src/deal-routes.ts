import { listWallets } from "@cairn/accounts";
import {
  DEAL_SORTS,
  type DealPageRequest,
  dealLines,
  findProposal,
  listDealIds,
  MOST_EXPORTED,
  pageDeals,
} from "@cairn/catalog";
import { AddressText, DealProposalJson, DealsPageJson, Hash, PackageIdText } from "@cairn/client";
import { inBatches } from "@cairn/core";
import { rootsOfPrefix } from "@cairn/proofs";
import { type Address, CairnError, DEAL_STATES, type DealId, toHex } from "@cairn/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { DEAL_COLUMNS, dealCsv } from "./deals/deal-csv.ts";
import { openDealToJson } from "./deals/deal-json.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { After, about, Count, Limit, NO_CONTROLS, Order, oneOf, Seconds, Several, severalOf } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { sendBytes } from "./send-bytes.ts";

/** What a check may find of a shard (packages/audit). */
const CHECK_RESULTS = ["sound", "damaged", "wrong-bytes", "wrong-proof", "silent", "refused"] as const;
const Text = Type.Optional(Type.String({ minLength: 1, maxLength: 128, pattern: NO_CONTROLS }));
const Bytes = Type.Optional(Count);

const FILTERS = {
  sort: Type.Optional(oneOf(DEAL_SORTS)),
  order: Order,
  states: Several(DEAL_STATES),
  package: Type.Optional(PackageIdText),
  packages: Type.Optional(
    Type.String({
      maxLength: 200 * 33,
      pattern: "^[0-9a-f]{32}(,[0-9a-f]{32}){0,199}$",
      description: "any of these, with commas: at most 200",
    }),
  ),
  provider: Type.Optional(AddressText),
  owner: Type.Optional(AddressText),
  region: Text,
  checkResults: Several(CHECK_RESULTS),
  search: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: NO_CONTROLS,
      description:
        "the beginning of a deal's id or CID, a provider, package, root, PieceCID or commitment, a state or a region; names are encrypted, and only their owner can search them",
    }),
  ),
  endsFrom: Seconds,
  endsBefore: Seconds,
  proposedFrom: Seconds,
  proposedBefore: Seconds,
  createdFrom: Seconds,
  createdBefore: Seconds,
  provedFrom: Seconds,
  provedBefore: Seconds,
  checkedFrom: Seconds,
  checkedBefore: Seconds,
  bytesFrom: Bytes,
  bytesTo: Bytes,
};
const DealFilters = Type.Object(FILTERS);
const DealQuery = Type.Object({ limit: Limit, after: After, ...FILTERS });
const Named = Type.Object({ deal: Hash });
/** Lines of an export that are read at once. */
const EXPORT_BATCH = 1000;

/** The deals of the account's wallets, to be looked through. */
export function dealRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { pool } = gateway;

  /** What a query asks for, as the catalog takes it, of the account that asks. */
  async function requested(request: FastifyRequest): Promise<DealPageRequest> {
    const { account } = principalOf(request);
    const wallets = await listWallets(pool, account);
    const { states, packages, provider, owner, checkResults, provedFrom, provedBefore, search, ...query } =
      request.query as Static<typeof DealQuery>;
    const roots = search === undefined ? undefined : rootsOfPrefix(search);
    const { genesisTime, periodSeconds } = gateway.network.deployment;
    // The first period that ends at that time or later: a period counts by when it ended.
    const periodFrom = (time: number) => Math.ceil((time - genesisTime) / periodSeconds) - 1;
    return {
      ...query,
      account,
      owners: wallets.map(({ address }) => address),
      ...(states === undefined ? {} : { states: severalOf(states, "states", DEAL_STATES) }),
      ...(packages === undefined ? {} : { packages: packages.split(",") }),
      ...(provider === undefined ? {} : { provider: provider as Address }),
      ...(owner === undefined ? {} : { owner: owner as Address }),
      ...(checkResults === undefined ? {} : { checkResults: severalOf(checkResults, "checkResults", CHECK_RESULTS) }),
      ...(provedFrom === undefined ? {} : { provedFrom: periodFrom(provedFrom) }),
      ...(provedBefore === undefined ? {} : { provedBefore: periodFrom(provedBefore) }),
      ...(search === undefined ? {} : { search }),
      ...(roots === undefined ? {} : { searchRoots: { from: toHex(roots.from), to: toHex(roots.to) } }),
    };
  }

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
      const asked = await requested(request);
      const { rows, next } = await pageDeals(pool, asked);
      const dealToJson = await openDealToJson(gateway, asked.owners);
      return { deals: rows.map(dealToJson), next };
    },
  );

  server.get(
    "/api/v1/deals/:deal/proposal",
    {
      config: { scope: "read" },
      schema: {
        ...about("What was agreed for a deal: what its CID stands for, so that anybody can compute it anew"),
        params: Named,
        response: { 200: DealProposalJson },
      },
    },
    async (request) => {
      const { owners } = await requested(request);
      const { deal } = request.params as Static<typeof Named>;
      const found = await findProposal(pool, { owners, deal: deal as DealId });
      if (found !== undefined) return found;
      throw new CairnError(`this gateway has not what was agreed for deal ${deal.slice(0, 10)}`, {
        code: "unknown-deal",
        kind: "missing",
        next: "The gateway that proposed the deal has it; `cairn deals` lists the account's deals.",
      });
    },
  );

  for (const format of ["csv", "json"] as const) {
    server.get(
      `/api/v1/deals.${format}`,
      {
        config: { scope: "read" },
        schema: {
          ...about(
            format === "csv"
              ? `All deals that fit, as they are at one moment, as a table: ${DEAL_COLUMNS.join(", ")}`
              : "All deals that fit, as they are at one moment, as a list of what pages have",
          ),
          querystring: DealFilters,
          produces: [format === "csv" ? "text/csv" : "application/json"],
        },
      },
      async (request, reply) => {
        const asked = await requested(request);
        const { owners, account } = asked;
        const deals = await listDealIds(pool, asked);
        if (deals.length > MOST_EXPORTED) throw tooMany();
        const dealToJson = await openDealToJson(gateway, owners);
        async function* batches() {
          for (const some of inBatches(deals, EXPORT_BATCH))
            yield (await dealLines(pool, { owners, account, deals: some })).map(dealToJson);
        }
        reply.header("content-type", format === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8");
        reply.header("content-disposition", `attachment; filename="deals.${format}"`);
        return sendBytes(reply, format === "csv" ? dealCsv(batches()) : jsonList(batches()));
      },
    );
  }
}

const utf8 = new TextEncoder();

async function* jsonList(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<Uint8Array> {
  let before = "[";
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    yield utf8.encode(before + batch.map((one) => JSON.stringify(one)).join(",\n"));
    before = ",\n";
  }
  yield utf8.encode(before === "[" ? "[]" : "]");
}

function tooMany(): CairnError {
  return new CairnError(`more than ${MOST_EXPORTED} deals fit`, {
    code: "too-many-deals",
    kind: "input",
    next: "Export them in parts, such as by `proposedFrom` and `proposedBefore`.",
  });
}
