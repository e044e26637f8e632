import { changeSettings, findSettings } from "@cairn/catalog";
import { SettingsJson } from "@cairn/client";
import { checkPlacement, type PlacementJson, placementFromJson, placementToJson } from "@cairn/core";
import type { FastifyInstance } from "fastify";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["account"] });

/** What the account's puts go by unless they say otherwise. */
export function settingsRoutes(server: FastifyInstance, { pool }: GatewayContext): void {
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
      const { placement, ...rest } = request.body as SettingsJson;
      const terms = placementFromJson((placement ?? {}) as PlacementJson);
      checkPlacement(terms, rest.n);
      const settings = { ...rest, placement: placementToJson(terms) };
      await changeSettings(pool, account, settings);
      return settings as SettingsJson;
    },
  );
}
