import {
  type Address,
  CairnError,
  type ErrorCode,
  recoverTyped,
  type Seconds,
  type Signed,
  type SigningContext,
} from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import type { Nonces } from "@cairn/transport";

/** How far the claimant's clock may be off. */
const SKEW_SECONDS = 60;

function refused(code: ErrorCode, message: string, next: string): CairnError {
  return new CairnError(message, { code, kind: "auth", next });
}

/**
 * Check that whoever holds an API token also holds the key of the wallet that it claims: the claim names this gateway and this very token, is
 * fresh to ±60 s, was not used before, and is signed by the wallet.
 * @returns the wallet's address
 * @throws CairnError `wrong-audience`, `wrong-token`, `stale-claim`, `wrong-key`, `used-nonce`
 */
export function verifyClaim(
  claim: Signed<"AccountClaim">,
  options: { token: string; audience: Address; deployment: SigningContext; nonces: Nonces; now: Seconds },
): Address {
  const { message, signature } = claim;
  const { now } = options;
  if (message.audience !== options.audience.toLowerCase()) {
    throw refused(
      "wrong-audience",
      `the claim is meant for the gateway of executor ${message.audience}, not ${options.audience.toLowerCase()}`,
      "Sign one for the executor in /api/v1/network.",
    );
  }
  if (message.token !== sha256Hex(options.token)) {
    throw refused(
      "wrong-token",
      "the claim was signed for another API token",
      "Sign the SHA-256 of the token that you send.",
    );
  }
  const off = Number(message.time) - now;
  if (Math.abs(off) > SKEW_SECONDS) {
    throw refused("stale-claim", `the claim's time is ${off} s off`, "Set this machine's clock, and sign a new one.");
  }
  const signer = recoverTyped("AccountClaim", message, options.deployment, signature);
  if (signer !== message.owner) {
    throw refused(
      "wrong-key",
      `the claim to the wallet ${message.owner} is signed by ${signer}`,
      "Sign it with the wallet's own key.",
    );
  }
  if (!options.nonces.use(message.nonce, now + 2 * SKEW_SECONDS + 1, now)) {
    throw refused("used-nonce", "the claim's nonce was used before", "Sign a new claim.");
  }
  return message.owner;
}
