import { limitsOf, packagesOf, setLimits, usedOf } from "@cairn/accounts";
import { findAccount } from "@cairn/catalog";
import { type LimitsJson, UsedLimitsJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["limits"] });
/** Of a union's members, the parser of requests would take null for the number 0. */
const Most = Type.Unsafe<number | null>({
  type: ["integer", "null"],
  ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "null: no limit" },
});
const NewLimits = Type.Object({ spoolBytes: Most, packages: Most, egressPerDay: Most, commitsPerHour: Most });
/** Also of house accounts: `DOOR:NAME`, of up to 32 and 64 characters. */
const Named = Type.Object({ account: Type.String({ pattern: "^[0-9a-z][0-9a-z:._-]{0,96}$" }) });

/** What accounts may use, and what they do. */
export function limitRoutes({ pool, accounts, uploads }: GatewayContext): FastifyPluginAsync {
  async function usedLimits(account: string): Promise<UsedLimitsJson> {
    const now = accounts.clock.now();
    const [limits, spoolBytes, packages, egressPerDay, commitsPerHour] = await Promise.all([
      limitsOf(pool, account),
      uploads.used(account),
      packagesOf(pool, account),
      usedOf(pool, { account, kind: "egress", now }),
      usedOf(pool, { account, kind: "commits", now }),
    ]);
    return { limits, used: { spoolBytes, packages, egressPerDay, commitsPerHour } };
  }
  async function named(request: FastifyRequest): Promise<string> {
    const { account } = request.params as Static<typeof Named>;
    if ((await findAccount(pool, account)) !== undefined) return account;
    throw new CairnError(`there is no account ${account}`, {
      code: "account-unknown",
      kind: "missing",
      next: "GET /api/v1/users shows the account of each user.",
    });
  }

  return async (server) => {
    server.get(
      "/api/v1/limits",
      {
        config: { scope: "read" },
        schema: { ...about("What the account may use, and what it does"), response: { 200: UsedLimitsJson } },
      },
      async (request) => usedLimits(principalOf(request).account),
    );

    server.get(
      "/api/v1/accounts/:account/limits",
      {
        config: { scope: "operate" },
        schema: {
          ...about("What an account may use, and what it does"),
          params: Named,
          response: { 200: UsedLimitsJson },
        },
      },
      async (request) => usedLimits(await named(request)),
    );

    server.put(
      "/api/v1/accounts/:account/limits",
      {
        config: { scope: "operate" },
        schema: {
          ...about("Set what an account may use"),
          params: Named,
          body: NewLimits,
          response: { 200: UsedLimitsJson },
        },
      },
      async (request) => {
        const account = await named(request);
        await setLimits(pool, account, request.body as LimitsJson);
        return usedLimits(account);
      },
    );
  };
}
