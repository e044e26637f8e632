import type { Address, Signed } from "@cairn/protocol";
import type { FastifyRequest } from "fastify";
import type { GatewayContext } from "./gateway-context.ts";
import { claimSecretOf } from "./principal-of.ts";
import { verifyClaim } from "./verify-claim.ts";

/** The wallet that a claim proves to be the caller's. @throws as `verifyClaim` */
export function claimedWallet(
  gateway: GatewayContext,
  claim: Signed<"AccountClaim">,
  request: FastifyRequest,
): Address {
  return verifyClaim(claim, {
    token: claimSecretOf(request),
    audience: gateway.network.executor as Address,
    deployment: gateway.ledger.deployment,
    nonces: gateway.claims,
    now: Math.floor(Date.now() / 1000),
  });
}
