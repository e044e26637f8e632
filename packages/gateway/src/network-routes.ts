import { PreviewJson, PreviewSettingsJson, ProviderDetailJson, SafetyJson } from "@cairn/client";
import type { SafetyInputs } from "@cairn/core";
import type { PackageId } from "@cairn/protocol";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { accountRates } from "./account-rates.ts";
import { chainRoutes } from "./chain-routes.ts";
import { effectiveSettings } from "./effective-settings.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { previewToJson, safetyToJson } from "./network-json.ts";
import { Id } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";
import { providerDetail } from "./provider-detail.ts";

const about = (summary: string, tag = "network") => ({ summary, tags: [tag] });
const Share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));
const SafetyQuery = Type.Object({
  hourly: Share("share of its hours in which each provider does not answer; by its own record if left out"),
  yearly: Share("share of providers lost within a year: 0.05 unless set"),
  repairHours: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 8760,
      description: "until what a lost provider held lies elsewhere: 24 unless set",
    }),
  ),
  together: Type.Optional(
    Type.Union([Type.Literal("operator"), Type.Literal("country"), Type.Literal("none")], {
      description: "who also fails together: operator unless set",
    }),
  ),
  groupYearly: Share("share of such groups that fail as a whole within a year: 0.01 unless set"),
});
const ProviderParams = Type.Object({ address: Type.String({ pattern: "^0x[0-9a-fA-F]{40}$" }) });

/** Whom one relies on: what settings would meet, providers one by one, how safe a package is, and the chain. */
export function networkRoutes(server: FastifyInstance, gateway: GatewayContext): void {
  const count = accountRates();
  const { market } = gateway;

  server.post(
    "/api/v1/settings/preview",
    {
      config: { scope: "read" },
      schema: {
        ...about(
          "What a put would meet now: which providers qualify, the rule that leaves out each other, the price",
          "account",
        ),
        description:
          "By the account's settings, with those of the body in place of them. Nobody is asked, nothing is kept. Some 4 a second for each account.",
        body: PreviewSettingsJson,
        response: { 200: PreviewJson },
      },
    },
    async (request): Promise<PreviewJson> => {
      count(request, "previews");
      const { bytes, ...draft } = request.body as PreviewSettingsJson;
      const { account } = principalOf(request);
      const { k, n, days, placement } = await effectiveSettings(gateway, account, draft);
      const found = await market.previewPlacement({ k, n, days, placement, ...(bytes === undefined ? {} : { bytes }) });
      return previewToJson(found);
    },
  );

  server.get(
    "/api/v1/providers/:address",
    {
      config: { scope: "read" },
      schema: {
        ...about("One provider: offer, place, hours, what its rating stands on, and what it holds of the account's"),
        params: ProviderParams,
        response: { 200: ProviderDetailJson },
      },
    },
    async (request) => {
      count(request, "providers");
      const { address } = request.params as Static<typeof ProviderParams>;
      return providerDetail(gateway, principalOf(request).account, address);
    },
  );

  server.get(
    "/api/v1/packages/:id/safety",
    {
      config: { scope: "read" },
      schema: {
        ...about("How likely the package can be read, now and in each hour of the week", "packages"),
        params: Id,
        querystring: SafetyQuery,
        response: { 200: SafetyJson },
      },
    },
    async (request): Promise<SafetyJson> => {
      count(request, "safety");
      const { id } = request.params as { id: PackageId };
      const inputs = request.query as Partial<SafetyInputs>;
      return safetyToJson(await market.packageSafety({ ...inputs, id, account: principalOf(request).account }));
    },
  );

  chainRoutes(server, gateway, (request) => count(request, "chain"));
}
