import { addWallet, listWallets, takeGrant } from "@cairn/accounts";
import { findAccount, GATEWAY_AWAY_SECONDS, listEvents, listGateways, SEVERITIES } from "@cairn/catalog";
import {
  AccountJson,
  AddressText,
  EventsJson,
  NetworkJson,
  PackageIdText,
  ProvidersJson,
  SignedJson,
  StatusJson,
} from "@cairn/client";
import { AGREED, periodAt } from "@cairn/core";
import { type Address, CairnError, signedFromJson } from "@cairn/protocol";
import type { FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import { accountRates } from "./account-rates.ts";
import { briefly } from "./briefly.ts";
import { claimedWallet } from "./claimed-wallet.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { heldOf } from "./held-of.ts";
import { providerToJson } from "./package-json.ts";
import { Count, NO_CONTROLS, Several, severalOf, walletOf } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { statusPage } from "./status-page.ts";

const EventQuery = Type.Object({
  after: Type.Optional(Count),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  before: Type.Optional({ ...Count, description: "only events with a smaller id" }),
  package: Type.Optional(PackageIdText),
  kind: Type.Optional(Type.String({ maxLength: 64, pattern: NO_CONTROLS })),
  severities: Several(SEVERITIES),
});

const FaucetQuery = Type.Object({
  coins: Type.Optional(Type.Boolean({ description: "coins at the wallet's address, too, where it has none" })),
});

const HEALTH = {
  summary: "Whether the database and the chain answer",
  tags: ["network"],
  response: {
    200: Type.Object({ status: Type.Literal("ok"), version: Type.String() }),
    503: Type.Object({ status: Type.Literal("unavailable"), cause: Type.String() }),
  },
};
const PAGE = { summary: "What is running here, for people", tags: ["network"], produces: ["text/html"] };
const METRICS = { summary: "Figures for Prometheus", tags: ["network"], produces: ["text/plain"] };

const CONTESTED = "Two programs with its keys connect in turn.";

/**
 * What the network is and how it is doing: health, page, status, providers, events, the account.
 * @param options `home`: the status page stands at `/`, too, as there is no console
 */
export function publicRoutes(gateway: GatewayContext, { home = true }: { home?: boolean } = {}): FastifyPluginAsync {
  // Whoever asks again within a second gets the same figures: strangers may ask.
  const status = briefly(() => currentStatus(gateway));
  const listed = async () =>
    (await gateway.market.listProviders()).map((one) =>
      providerToJson(gateway.transport.contested(one.provider) ? { ...one, cause: CONTESTED } : one),
    );
  const page = briefly(async () => {
    const [figures, providers] = await Promise.all([status(), listed()]);
    return Buffer.from(statusPage(figures, providers, gateway.network));
  });
  const metrics = briefly(async () => Buffer.from(await gateway.metrics()));
  const healthy = briefly(async () => {
    await Promise.all([gateway.reservedPool.query("select 1"), gateway.ledger.latest()]);
  });

  const count = accountRates();

  async function accountJson(account: string): Promise<AccountJson> {
    const owner = (await findAccount(gateway.pool, account))?.owner ?? null;
    return owner === null ? { owner, balance: "0", coins: "0" } : balancesOf(owner);
  }
  async function balancesOf(owner: Address): Promise<AccountJson> {
    const { balance, coins } = await gateway.balanceOf(owner);
    return { owner, balance: balance.toString(), coins: coins.toString() };
  }

  return async (server) => {
    server.get("/health", { config: { access: "open" }, schema: HEALTH }, async (_request, reply) => {
      try {
        await healthy();
        return { status: "ok", version: gateway.network.version };
      } catch (error) {
        return reply.status(503).send({ status: "unavailable", cause: (error as Error).message });
      }
    });

    for (const path of home ? ["/", "/status"] : ["/status"]) {
      server.get(path, { config: { access: "open" }, schema: PAGE }, async (_request, reply) =>
        reply.type("text/html; charset=utf-8").send(await page()),
      );
    }

    server.get("/metrics", { config: { access: "open" }, schema: METRICS }, async (_request, reply) =>
      reply.type("text/plain; version=0.0.4").send(await metrics()),
    );

    server.get(
      "/api/v1/network",
      {
        config: { access: "open" },
        schema: {
          summary: "The network: chain, contracts, keys, limits",
          tags: ["network"],
          response: { 200: NetworkJson },
        },
      },
      async () => gateway.network,
    );

    server.get(
      "/api/v1/status",
      {
        config: { access: "open" },
        schema: { summary: "Figures of the whole network", tags: ["network"], response: { 200: StatusJson } },
      },
      () => status(),
    );

    server.get(
      "/api/v1/providers",
      {
        config: { scope: "read" },
        schema: {
          summary: "Providers, and what each holds of the account's",
          tags: ["network"],
          response: { 200: ProvidersJson },
        },
      },
      async (request): Promise<ProvidersJson> => {
        const [providers, held] = await Promise.all([listed(), heldOf(gateway.pool, principalOf(request).account)]);
        return providers.map((one) => ({ ...one, mine: held.get(one.provider) ?? { deals: 0, bytes: "0" } }));
      },
    );

    server.get(
      "/api/v1/events",
      {
        config: { scope: "read" },
        schema: {
          summary: "Events of the account and of the network: the newest first, or from `after` on the oldest first",
          tags: ["account"],
          querystring: EventQuery,
          response: { 200: EventsJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { severities, ...query } = request.query as Static<typeof EventQuery>;
        const found = await listEvents(gateway.pool, {
          account,
          ...query,
          ...(severities === undefined ? {} : { severities: severalOf(severities, "severities", SEVERITIES) }),
        });
        return found.map((event) => ({ ...event, at: Math.floor(event.at) }));
      },
    );

    server.get(
      "/api/v1/account",
      {
        config: { scope: "read" },
        schema: {
          summary: "Owner and balances: of the default wallet, or of another one of the account's",
          tags: ["account"],
          querystring: Type.Object({ owner: Type.Optional(AddressText) }),
          response: { 200: AccountJson },
        },
      },
      async (request) => {
        count(request, "chain");
        const { account } = principalOf(request);
        const { owner } = request.query as { owner?: string };
        return owner === undefined ? accountJson(account) : balancesOf(await walletOf(gateway, account, owner));
      },
    );

    server.put(
      "/api/v1/account",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Name the owner's wallet, by a claim that its key signed",
          tags: ["account"],
          body: SignedJson,
          response: { 200: AccountJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const owner = claimedWallet(gateway, signedFromJson("AccountClaim", request.body), request);
        await claimFirst(gateway, account, owner);
        return accountJson(account);
      },
    );

    server.post(
      "/api/v1/faucet",
      {
        config: { scope: "write" },
        schema: {
          summary: "A deposit, where the network has a faucet",
          description:
            "To one wallet of an account: a deposit once, and with `coins` some coins at its address each time that it has none, until the chain's faucet has given it all that it gives an address.",
          tags: ["account"],
          querystring: FaucetQuery,
          response: { 200: AccountJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const owner = (await findAccount(gateway.pool, account))?.owner ?? null;
        if (gateway.faucet === undefined || owner === null) {
          throw new CairnError(owner === null ? "the account has no wallet yet" : "this network has no faucet", {
            code: owner === null ? "no-wallet" : "no-faucet",
            kind: "conflict",
            next: "Send coins to the owner's address and deposit them: see docs/operating.md.",
          });
        }
        await takeGrant(gateway.pool, account, owner);
        await gateway.faucet(owner, (request.query as Static<typeof FaucetQuery>).coins ?? false);
        return accountJson(account);
      },
    );
  };
}

/** The account's first wallet, or one that it has: others are added as what they are. @throws CairnError `account-claimed` */
async function claimFirst({ pool, accounts }: GatewayContext, account: string, owner: Address): Promise<void> {
  const wallets = await listWallets(pool, account);
  if (wallets.some(({ address }) => address === owner)) return;
  if (wallets[0] !== undefined) {
    throw new CairnError(`this account belongs to the wallet ${wallets[0].address}`, {
      code: "account-claimed",
      kind: "conflict",
      next: "Use the key of that wallet: the console writes it to the account file (Settings → Keys), and `cairn key import FILE` reads it; or `cairn recover --phrase` with its 24 words. Or add this wallet beside it: `cairn wallet add NAME`.",
      details: { owner: wallets[0].address },
    });
  }
  await addWallet(accounts, { account, address: owner, name: "first", kind: "client" });
}

/** Figures of the whole network as this gateway sees it. */
export async function currentStatus(gateway: GatewayContext): Promise<StatusJson> {
  const head = await gateway.ledger.latest();
  const period = periodAt(head.timestamp, gateway.ledger.deployment);
  const { rows } = await gateway.pool.query<Record<string, number>>(
    `select
  (select count(*)::int from catalog.packages where state = any($2)) as packages,
  (select count(*)::int from catalog.packages where state = 'STORED') as full,
  (select count(*)::int from catalog.packages where state = 'LOST') as lost,
  (select coalesce(sum(bytes), 0)::float8 from catalog.packages where state in ('PLACING', 'STORED', 'DEGRADED')) as bytes,
  (select count(*)::int from catalog.providers where active) as providers,
  (select count(*)::int from catalog.providers where active and provider = any($1)) as connected,
  (select coalesce(sum(deals), 0)::int from catalog.deal_figures where state = 'ACTIVE') as deals,
  (select count(*)::int from audit.leaves where period = last and outcome in ('proved', 'chain')) as proved,
  (select count(*)::int from audit.leaves where period = last and outcome not in ('proved', 'chain', 'off-duty')) as missed
from (select coalesce(max(period), -1) as last from audit.leaves) as newest`,
    [gateway.transport.connected().map((provider) => provider.toLowerCase()), AGREED],
  );
  const row = rows[0] ?? {};
  return {
    version: gateway.network.version,
    profile: gateway.profile.name,
    uptimeSeconds: Math.floor((Date.now() - gateway.startedAt) / 1000),
    block: head.number,
    blockTime: head.timestamp,
    period,
    packages: row.packages ?? 0,
    atFullStrength: row.full ?? 0,
    lost: row.lost ?? 0,
    bytes: row.bytes ?? 0,
    providers: row.providers ?? 0,
    providersConnected: row.connected ?? 0,
    activeDeals: row.deals ?? 0,
    provedLastPeriod: row.proved ?? 0,
    missedLastPeriod: row.missed ?? 0,
    gateways: (await listGateways(gateway.pool)).map(({ id, url, silentSeconds }) => ({
      url,
      silentSeconds,
      away: silentSeconds > GATEWAY_AWAY_SECONDS,
      here: id === gateway.id,
    })),
  };
}
