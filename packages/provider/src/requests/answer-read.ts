import { recoverTyped } from "@cairn/chain";
import { CairnError, type Signed } from "@cairn/core";
import { type Nonces, rememberNonces } from "@cairn/transport";
import type { ProviderContext, RequestHandlers } from "../context.ts";
import type { HeldShard } from "../shards/held-shard.ts";
import { checkReadCapability, refuse, requireGateway, unknownDeal } from "./authorise.ts";

/** Longest life of a ticket: its nonce is remembered that long. */
const TICKET_LIFE_SECONDS = 3600;
/** Ranges that are sent at a time, over both ways together. */
const MAX_READS = 64;

/** Who may read what, and how many at once: shared by both ways to read. */
export interface ReadGate {
  /** @throws CairnError `bad-capability`, `bad-ticket`, `unknown-deal`, `busy` */
  admit(ticket: Signed<"ReadTicket">, capability: Signed<"ReadCapability">): AdmittedRead;
}

interface AdmittedRead {
  held: HeldShard;
  offset: number;
  length: number;
  /** To be called when the bytes are out, or the reader is gone. */
  done(): void;
}

function badTicket(message: string): CairnError {
  return refuse("bad-ticket", message, "Sign a new ticket.");
}

/**
 * A read needs the owner's capability for the package and a ticket of the capability's audience for the range; each ticket is good once. Nonces are kept in
 * memory: a restart lets the same audience use a ticket again before it expires.
 */
export function openReadGate(context: ProviderContext, nonces: Nonces = rememberNonces()): ReadGate {
  let reads = 0;
  return {
    admit(ticket, capability) {
      const { message } = ticket;
      const held = context.shards.held(message.deal);
      if (held === undefined) throw unknownDeal(message.deal);
      checkReadCapability(context, capability, held.quote);
      const now = context.now();
      if (message.expiry <= BigInt(now)) throw badTicket("the ticket has expired");
      if (message.expiry > BigInt(now + TICKET_LIFE_SECONDS)) {
        throw badTicket(`a ticket lives at most ${TICKET_LIFE_SECONDS} s`);
      }
      if (message.length === 0n || message.offset + message.length > BigInt(held.rawLength)) {
        throw badTicket("the ticket's range is not inside the shard");
      }
      if (recoverTyped("ReadTicket", message, context.deployment(), ticket.signature) !== capability.message.audience) {
        throw badTicket("the ticket is not signed by the capability's audience");
      }
      if (reads >= MAX_READS) {
        throw new CairnError("too many reads at once", {
          code: "busy",
          kind: "unavailable",
          next: "Try again in a moment.",
        });
      }
      if (!nonces.use(message.nonce, Number(message.expiry), now)) throw badTicket("the ticket was used before");
      reads++;
      let open = true;
      return {
        held,
        offset: Number(message.offset),
        length: Number(message.length),
        done() {
          if (open) reads--;
          open = false;
        },
      };
    },
  };
}

/** Read over the reverse way: the bytes are posted to the gateway that asked. */
export function answerRead(context: ProviderContext, gate: ReadGate): RequestHandlers["read"] {
  return async (request, asker) => {
    const gateway = requireGateway(asker);
    const read = gate.admit(request.ticket, request.capability);
    try {
      const body = context.parts.readShard(read.held, read.offset, read.length);
      await gateway.postRange(request.respond, body, {}, context.signal);
      return { sent: read.length };
    } finally {
      read.done();
    }
  };
}
