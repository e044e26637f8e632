import { listWallets } from "@cairn/accounts";
import type { ProofSpan } from "@cairn/audit";
import { cursorOf, type DealRow, listDeals, readCursor } from "@cairn/catalog";
import {
  ChangeScheduleJson,
  CustodyJson,
  DealProofsJson,
  DoneJson,
  Hash,
  NewScheduleJson,
  type ProofSpanJson,
  ProofsPageJson,
  ScheduleJson,
  SchedulesJson,
} from "@cairn/client";
import { periodStart } from "@cairn/core";
import { type Address, CairnError, type DealId } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { accountRates } from "./account-rates.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { After, about, Id, ownPackage } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

/** Deals of one page, each with up to some hundred spans. */
const PAGE = 200;
const PageLimit = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 1000,
    description: `deals of one page: ${PAGE} unless set, and where it is more`,
  }),
);
const ScheduleId = Type.Object({ schedule: Type.String({ pattern: "^[0-9a-f]{16}$" }) });
const CertificateQuery = Type.Object({
  pieces: Type.Optional(
    Type.String({
      maxLength: 4000,
      pattern: "^[0-9]{1,6}(,[0-9]{1,6})*$",
      description: "only these pieces, with commas; all unless set",
    }),
  ),
});

/** What deals came to, a signed document of it, and checks that come by schedule. */
export function custodyRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const { audit, market, pool } = gateway;
  const count = accountRates();

  async function proofsOf(deals: readonly DealRow[]): Promise<DealProofsJson[]> {
    const proofs = await audit.proofs(deals, gateway.chainNow());
    return deals.map(({ deal, piece, shard, provider, state }) => ({
      ...{ deal, piece, shard, provider, state },
      spans: (proofs.get(deal) ?? []).map((span) => spanToJson(span, gateway.network.deployment)),
    }));
  }

  server.get(
    "/api/v1/deals/:deal/proofs",
    {
      config: { scope: "read" },
      schema: {
        ...about("What each period of a deal came to, as spans"),
        params: Type.Object({ deal: Hash }),
        response: { 200: DealProofsJson },
      },
    },
    async (request) => {
      count(request, "proofs");
      const { account } = principalOf(request);
      const id = (request.params as { deal: DealId }).deal;
      const owners = new Set((await listWallets(pool, account)).map(({ address }) => address.toLowerCase() as Address));
      const [deal] = await listDeals(pool, { deals: [id] });
      if (deal === undefined || !owners.has(deal.owner.toLowerCase() as Address)) throw unknownDeal(id);
      return (await proofsOf([deal]))[0];
    },
  );

  server.get(
    "/api/v1/packages/:id/proofs",
    {
      config: { scope: "read" },
      schema: {
        ...about("A page of a package's deals with what each of their periods came to, as spans"),
        params: Id,
        querystring: Type.Object({ limit: PageLimit, after: After }),
        response: { 200: ProofsPageJson },
      },
    },
    async (request) => {
      count(request, "proofs");
      const { id } = await ownPackage(gateway, request);
      const { limit = PAGE, after } = request.query as { limit?: number; after?: string };
      const cursor = readCursor(after, "text");
      const { owner, documentHash } = await market.packageStatus({ id });
      if (documentHash === null) return { deals: [], next: null };
      const all = (await listDeals(pool, { package: { owner, documentHash } })).toSorted((a, b) =>
        a.deal < b.deal ? -1 : 1,
      );
      const left = cursor === undefined ? all : all.filter(({ deal }) => deal > cursor.id);
      const page = left.slice(0, Math.min(limit, PAGE));
      const last = page.length < left.length ? page.at(-1) : undefined;
      return { deals: await proofsOf(page), next: last === undefined ? null : cursorOf("", last.deal) };
    },
  );

  server.get(
    "/api/v1/packages/:id/custody",
    {
      config: { scope: "read" },
      schema: {
        ...about("What the final periods of each deal of a package came to"),
        params: Id,
        response: { 200: CustodyJson },
      },
    },
    async (request) => {
      count(request, "proofs");
      const { id } = await ownPackage(gateway, request);
      const { owner, documentHash } = await market.packageStatus({ id });
      if (documentHash === null) return [];
      const deals = await listDeals(pool, { package: { owner, documentHash } });
      const custody = await audit.custody(deals.map(({ deal }) => deal));
      return deals.map(({ deal, piece, shard, provider }) => ({
        ...{ deal, piece, shard, provider },
        runs: custody.get(deal) ?? [],
      }));
    },
  );

  server.get(
    "/api/v1/packages/:id/certificate",
    {
      config: { scope: "read" },
      schema: {
        ...about("A custody certificate, signed, that can be checked without a network (docs/certificate.md)"),
        produces: ["application/json"],
        params: Id,
        querystring: CertificateQuery,
      },
    },
    async (request, reply) => {
      count(request, "certificate");
      const { account, id } = await ownPackage(gateway, request);
      const { pieces } = request.query as Static<typeof CertificateQuery>;
      const text = await audit.certify(
        { account, package: id, ...(pieces === undefined ? {} : { pieces: pieces.split(",").map(Number) }) },
        gateway.certifier,
      );
      return reply.type("application/json").send(Buffer.from(text));
    },
  );

  server.get(
    "/api/v1/check-schedules",
    {
      config: { scope: "read" },
      schema: {
        ...about("The checks that come by schedule, the oldest schedule first"),
        response: { 200: SchedulesJson },
      },
    },
    async (request) => ({ schedules: await audit.schedules.list(principalOf(request).account) }),
  );

  server.post(
    "/api/v1/check-schedules",
    {
      config: { scope: "write" },
      schema: {
        ...about("Have a check come again and again: of a package, of pieces of it, or of all packages"),
        body: NewScheduleJson,
        response: { 200: ScheduleJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const body = request.body as NewScheduleJson;
      if (body.package !== undefined) await market.requirePackage({ id: body.package, account });
      else if (body.pieces !== undefined) throw piecesOfAll();
      return audit.schedules.add({ ...body, account });
    },
  );

  server.put(
    "/api/v1/check-schedules/:schedule",
    {
      config: { scope: "write" },
      schema: {
        ...about("Have the checks of a schedule come at other times"),
        params: ScheduleId,
        body: ChangeScheduleJson,
        response: { 200: ScheduleJson },
      },
    },
    async (request) => {
      const { schedule } = request.params as Static<typeof ScheduleId>;
      return audit.schedules.change(principalOf(request).account, schedule, request.body as ChangeScheduleJson);
    },
  );

  server.delete(
    "/api/v1/check-schedules/:schedule",
    {
      config: { scope: "write" },
      schema: {
        ...about("End a schedule; its checks that are under way go on"),
        params: ScheduleId,
        response: { 200: DoneJson },
      },
    },
    async (request) => {
      await audit.schedules.remove(
        principalOf(request).account,
        (request.params as Static<typeof ScheduleId>).schedule,
      );
      return { done: true };
    },
  );
}

function spanToJson(span: ProofSpan, deployment: GatewayContext["network"]["deployment"]): ProofSpanJson {
  const { from, to, outcome, counted, proved, onChain } = span;
  return {
    ...{ from, to, outcome, counted, proved, onChain },
    since: periodStart(from, deployment),
    until: periodStart(to + 1, deployment),
  };
}

function unknownDeal(id: DealId): CairnError {
  return new CairnError(`no deal ${id}`, {
    code: "unknown-deal",
    kind: "missing",
    next: "`cairn deals --json` lists yours with their ids.",
  });
}

function piecesOfAll(): CairnError {
  return new CairnError("pieces are those of one package", {
    code: "bad-input",
    kind: "input",
    details: { field: "pieces" },
    next: "Name the package, too.",
  });
}
