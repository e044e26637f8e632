import { findWallet } from "@cairn/accounts";
import { changeSettings, readSettings } from "@cairn/catalog";
import { SettingsJson } from "@cairn/client";
import { placementToJson } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { completed } from "./effective-settings.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";
import { linkTo } from "./transfer-json.ts";

const about = (summary: string) => ({ summary, tags: ["account"] });

/** What the account's puts go by unless they say otherwise. */
export function settingsRoutes(server: FastifyInstance, { pool, network }: GatewayContext): void {
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
      const { settings, version } = await readSettings(pool, principalOf(request).account);
      return { ...settings, version } as SettingsJson;
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
      const { version: from, ...known } = knownOf(request.body as SettingsJson);
      const { placement } = completed(known, network);
      checkExplorer(known);
      const wallets = await ownWallets(account, known);
      const settings = { ...known, ...wallets, placement: placementToJson(placement) };
      const version = await changeSettings(pool, account, settings, from);
      if (version !== undefined) return { ...settings, version } as SettingsJson;
      throw changed(from, (await readSettings(pool, account)).version);
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

const changed = (from: number | undefined, version: number) =>
  new CairnError(`the settings were changed elsewhere: they are of version ${version}, not ${from}`, {
    code: "settings-changed",
    kind: "conflict",
    details: { version },
    next: "Read them again, make your change to what they are now, and save that.",
  });
