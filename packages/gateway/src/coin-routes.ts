import { findWallet, watchedWallet } from "@cairn/accounts";
import { findSettings, HISTORY_KINDS, listTransfers, notePending, pageHistory } from "@cairn/catalog";
import {
  AddressText,
  FeesJson,
  HistoryPageJson,
  NonceJson,
  RawTransactionJson,
  SentJson,
  TransfersJson,
} from "@cairn/client";
import { type Address, CairnError, type Hex } from "@cairn/protocol";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { accountRates } from "./account-rates.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { After, Limit, Order, oneOf, Seconds, Several, severalOf } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { linkTo, transferJson } from "./transfer-json.ts";

const about = (summary: string) => ({ summary, tags: ["wallets"] });
const Addressed = Type.Object({ address: AddressText });
const HistoryQuery = Type.Object({
  limit: Limit,
  after: After,
  order: Order,
  kinds: Several(HISTORY_KINDS),
  side: Type.Optional(oneOf(["coins", "deposit"])),
  from: Seconds,
  before: Seconds,
});
const TransfersQuery = Type.Object({
  open: Type.Optional(Type.Boolean({ description: "only those that are not confirmed, failed or dropped" })),
});
const FeesQuery = Type.Object({
  to: Type.Optional(AddressText),
  value: Type.Optional(Type.String({ pattern: "^[0-9]{1,30}$", description: "wei, decimal" })),
  data: Type.Optional(Type.String({ pattern: "^0x([0-9a-fA-F]{2})*$", maxLength: 4096 })),
});
/** Of a wallet, at the chain's node through this gateway. */
const MOST_WAITING = 16;

/** What moves the coins of an account's wallets, and what a browser needs of the chain to send some: the gateway needs no key for it. */
export function coinRoutes(gateway: GatewayContext): FastifyPluginAsync {
  const { pool, walletChain, ledger } = gateway;
  const count = accountRates();
  /** The wallet in the path if it is the account's. @throws CairnError `unknown-wallet` */
  async function own(request: FastifyRequest): Promise<{ account: string; address: Address }> {
    const { account } = principalOf(request);
    const { address } = request.params as Static<typeof Addressed>;
    return { account, address: (await findWallet(pool, account, address)).address };
  }

  return async (server) => {
    server.get(
      "/api/v1/wallets/:address/history",
      {
        config: { scope: "read" },
        schema: {
          ...about(
            "A page of all that moved the wallet's coins and its deposit, in the chain's order; sums are its balances",
          ),
          params: Addressed,
          querystring: HistoryQuery,
          response: { 200: HistoryPageJson },
        },
      },
      async (request) => {
        const { account, address } = await own(request);
        const { kinds, ...query } = request.query as Static<typeof HistoryQuery>;
        const [{ rows, next, through }, { explorer }] = await Promise.all([
          pageHistory(pool, {
            ...query,
            wallet: address,
            ...(kinds === undefined ? {} : { kinds: severalOf(kinds, "kinds", HISTORY_KINDS) }),
          }),
          findSettings(pool, account),
        ]);
        const lines = rows.map(({ coins, deposit, escrow, reserve, coinsAfter, depositAfter, ...line }) => ({
          ...line,
          ...{ coins: String(coins), deposit: String(deposit), escrow: String(escrow), reserve: String(reserve) },
          ...{ coinsAfter: String(coinsAfter), depositAfter: String(depositAfter) },
          link: linkTo(explorer, line.transaction),
        }));
        return { lines, next, through };
      },
    );

    server.get(
      "/api/v1/wallets/:address/transfers",
      {
        config: { scope: "read" },
        schema: {
          ...about(
            "Transactions to and from the wallet that are not final yet, or have become so lately: newest change first",
          ),
          params: Addressed,
          querystring: TransfersQuery,
          response: { 200: TransfersJson },
        },
      },
      async (request) => {
        const { account, address } = await own(request);
        const { open } = request.query as Static<typeof TransfersQuery>;
        const { explorer } = await findSettings(pool, account);
        return (await listTransfers(pool, address, open)).map((transfer) => transferJson(transfer, explorer));
      },
    );

    server.get(
      "/api/v1/wallets/:address/nonce",
      {
        config: { scope: "read" },
        schema: {
          ...about("The nonce of the wallet's next transaction"),
          params: Addressed,
          response: { 200: NonceJson },
        },
      },
      async (request) => {
        count(request, "chain");
        return walletChain.nonce((await own(request)).address);
      },
    );

    server.get(
      "/api/v1/wallets/:address/fees",
      {
        config: { scope: "read" },
        schema: {
          ...about("What a transaction of the wallet may cost now: a plain payment, or the call in the query"),
          description:
            "With data only of Cairn's contracts: others are not tried. Some 2 a second for each account, and one at a time of all.",
          params: Addressed,
          querystring: FeesQuery,
          response: { 200: FeesJson },
        },
      },
      async (request) => {
        count(request, "fees");
        const { address } = await own(request);
        const { to, value, data } = request.query as Static<typeof FeesQuery>;
        const call =
          to === undefined ? undefined : { to: to as Address, data: (data ?? "0x") as Hex, value: BigInt(value ?? 0) };
        const { gas, baseFee, maxFeePerGas, maxPriorityFeePerGas } = await walletChain.fees(address, call);
        return {
          chainId: ledger.deployment.chainId,
          ...{ baseFee: String(baseFee), gas: String(gas) },
          ...{ maxFeePerGas: String(maxFeePerGas), maxPriorityFeePerGas: String(maxPriorityFeePerGas) },
        };
      },
    );

    server.post(
      "/api/v1/wallets/:address/send",
      {
        config: { scope: "write" },
        bodyLimit: 20_000,
        schema: {
          ...about("Pass a transaction that the wallet's key signed on to the chain; sent again, it is the same one"),
          params: Addressed,
          body: RawTransactionJson,
          response: { 200: SentJson },
        },
      },
      async (request) => {
        count(request, "chain");
        const { address } = await own(request);
        const { rawTransaction } = request.body as Static<typeof RawTransactionJson>;
        const waiting = (await listTransfers(pool, address, true)).filter(
          ({ state, direction }) => state === "pending" && direction === "out",
        );
        if (waiting.length >= MOST_WAITING) throw tooMany(address, waiting.length);
        const { from, to, nonce, amount, transaction } = await walletChain.relay(address, rawTransaction as Hex);
        const watched = await watchedWallet(pool, address);
        if (watched !== undefined) await notePending(pool, watched, { transaction, from, to, nonce, amount, ok: true });
        return { transaction };
      },
    );
  };
}

function tooMany(address: Address, used: number): CairnError {
  return new CairnError(`${used} transactions of the wallet ${address} wait for a block, which is the most`, {
    code: "limit-reached",
    kind: "exhausted",
    details: { limit: "waiting-transactions", value: MOST_WAITING, used },
    next: "Wait until a block has some of them; what is sent twice under one nonce takes the other's place.",
  });
}
