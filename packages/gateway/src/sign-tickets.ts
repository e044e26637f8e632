import type { TicketSigner } from "@cairn/audit";
import type { Deployment, Random } from "@cairn/core";
import { type Hex, type Seconds, signTyped } from "@cairn/protocol";

/** Providers take none that hold for longer than an hour by their own clocks, which may be behind. */
const TICKET_SECONDS = 1800;
const NONCE_BYTES = 32;

/** Lets the gateway read of any deal, by its executor's key. */
export function signTickets(options: {
  key: Hex;
  deployment: Deployment;
  chainNow(): Seconds;
  random: Random;
}): TicketSigner {
  const { key, deployment, chainNow, random } = options;
  return async (deal, offset, length) => {
    const message = {
      deal,
      offset: BigInt(offset),
      length: BigInt(length),
      expiry: BigInt(chainNow() + TICKET_SECONDS),
      nonce: `0x${Buffer.from(random.bytes(NONCE_BYTES)).toString("hex")}` as const,
    };
    return { message, signature: signTyped("ReadTicket", message, deployment, key) };
  };
}
