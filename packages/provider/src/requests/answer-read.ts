import { type Address, CairnError, recoverTyped, type Signed } from "@cairn/protocol";
import { type Nonces, rememberNonces } from "@cairn/transport";
import type { ProviderContext, RequestHandlers } from "../context.ts";
import type { HeldShard } from "../shards/held-shard.ts";
import { checkReadCapability, refuse, refuseForTime, requireGateway, unknownDeal } from "./authorise.ts";

/** Longest life of a ticket: its nonce is remembered that long. */
const TICKET_LIFE_SECONDS = 3600;
/** Ranges that are sent at a time, over both ways together. */
const MAX_READS = 64;
/** Of one owner's shards, so that no owner keeps others from theirs. */
const MAX_READS_OF_OWNER = 32;
/** Tickets remembered, of all owners and of one. */
const TICKETS = { all: 100_000, ofOwner: 25_000 };

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
export function openReadGate(
  context: ProviderContext,
  nonces: Nonces = rememberNonces(TICKETS.all, TICKETS.ofOwner),
): ReadGate {
  let reads = 0;
  const ofOwner = new Map<Address, number>();
  return {
    admit(ticket, capability) {
      const { message } = ticket;
      const held = context.shards.held(message.deal);
      if (held === undefined) throw unknownDeal(message.deal);
      checkReadCapability(context, capability, held.quote);
      const now = context.chainNow();
      if (message.expiry <= BigInt(now)) {
        throw refuseForTime("bad-ticket", "the ticket has expired", message.expiry, now);
      }
      if (message.expiry > BigInt(now + TICKET_LIFE_SECONDS)) {
        throw refuseForTime("bad-ticket", `a ticket lives at most ${TICKET_LIFE_SECONDS} s`, message.expiry, now);
      }
      if (message.length === 0n || message.offset + message.length > BigInt(held.rawLength)) {
        throw badTicket("the ticket's range is not inside the shard");
      }
      if (recoverTyped("ReadTicket", message, context.deployment(), ticket.signature) !== capability.message.audience) {
        throw badTicket("the ticket is not signed by the capability's audience");
      }
      const { owner } = held.quote;
      const own = ofOwner.get(owner) ?? 0;
      if (reads >= MAX_READS || own >= MAX_READS_OF_OWNER) {
        throw new CairnError("too many reads at once", {
          code: "busy",
          kind: "unavailable",
          next: "Try again in a moment.",
        });
      }
      if (!nonces.use(message.nonce, Number(message.expiry), now, owner)) throw badTicket("the ticket was used before");
      reads++;
      ofOwner.set(owner, own + 1);
      let open = true;
      return {
        held,
        offset: Number(message.offset),
        length: Number(message.length),
        done() {
          if (!open) return;
          open = false;
          reads--;
          const left = (ofOwner.get(owner) ?? 1) - 1;
          if (left === 0) ofOwner.delete(owner);
          else ofOwner.set(owner, left);
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
