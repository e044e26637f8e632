import { findWallet } from "@cairn/accounts";
import { changeSettings, findSettings } from "@cairn/catalog";
import { SettingsJson } from "@cairn/client";
import { checkPlacement, type PlacementJson, placementFromJson, placementToJson } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";
import { linkTo } from "./transfer-json.ts";

const about = (summary: string) => ({ summary, tags: ["account"] });

/** What the account's puts go by unless they say otherwise. */
export function settingsRoutes(server: FastifyInstance, { pool }: GatewayContext): void {
  /** Each once, and none but the account's. @throws CairnError `unknown-wallet` */
  async function ownWallets(account: string, { wallets }: Pick<SettingsJson, "wallets">) {
    if (wallets === undefined) return {};
    const found = await Promise.all(wallets.map((wallet) => findWallet(pool, account, wallet)));
    return { wallets: [...new Set(found.map(({ address }) => address))] };
  }

  server.get(
    "/api/v1/settings",
    {
      config: { scope: "read" },
      schema: { ...about("What puts go by unless they say otherwise"), response: { 200: SettingsJson } },
    },
    async (request) => {
      const { account } = principalOf(request);
      return (await findSettings(pool, account)) as SettingsJson;
    },
  );

  server.put(
    "/api/v1/settings",
    {
      config: { scope: "write" },
      schema: {
        ...about("Replace the settings; packages that are stored keep those that they were put with"),
        body: SettingsJson,
        response: { 200: SettingsJson },
      },
    },
    async (request) => {
      const { account } = principalOf(request);
      const { placement, ...rest } = knownOf(request.body as SettingsJson);
      const terms = placementFromJson((placement ?? {}) as PlacementJson);
      checkShape(rest);
      checkPlacement(terms, rest.n);
      checkExplorer(rest);
      const wallets = await ownWallets(account, rest);
      const settings = { ...rest, ...wallets, placement: placementToJson(terms) };
      await changeSettings(pool, account, settings);
      return settings as SettingsJson;
    },
  );
}

/** @throws CairnError `bad-input` */
function checkExplorer({ explorer }: Pick<SettingsJson, "explorer">): void {
  if (explorer === undefined || linkTo(explorer, `0x${"0".repeat(64)}`) !== null) return;
  throw new CairnError("the explorer's link is neither http nor https", {
    code: "bad-input",
    kind: "input",
    details: { field: "explorer", allowed: "https://…{tx}…" },
    next: "Give the address of a transaction's page, with {tx} where its hash stands.",
  });
}

/** The settings that there are: what else a body has is not kept. */
function knownOf(body: SettingsJson): SettingsJson {
  const known = Object.keys(SettingsJson.properties);
  return Object.fromEntries(Object.entries(body).filter(([name]) => known.includes(name)));
}

/** No package can be restored from more shards than it has. @throws CairnError `bad-input` */
function checkShape({ k, n }: Pick<SettingsJson, "k" | "n">): void {
  if (k === undefined || n === undefined || k <= n) return;
  throw new CairnError(`k is ${k}, and there are n = ${n} shards`, {
    code: "bad-input",
    kind: "input",
    details: { field: "k", allowed: `1 to ${n}` },
    next: `Choose k from 1 to ${n}, or a larger n.`,
  });
}
