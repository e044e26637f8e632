import type { Deployment, Ledger } from "@cairn/core";
import { EntranceRefusal } from "@cairn/process/entrances";
import { asCairnError, CairnError, DAY, type Hex, recoverTyped, type Seconds, type Signed } from "@cairn/protocol";
import { workBits } from "@cairn/transport";
import type { Pool } from "pg";
import { countInDay, dayOf } from "./paid-in-a-day.ts";

export const registrationMigrations = [
  {
    name: "0001-registrations",
    sql: `
create schema if not exists gateway;

-- Registrations that this gateway paid for, of one day; those of other days are deleted.
create table gateway.registrations (
  id bigint generated always as identity primary key,
  day integer not null,
  network text not null
);
`,
  },
];

/** What a gateway pays for in a day. A registration costs some 200,000 gas. */
const A_DAY = 256;
/** Without work: of one network, and of all. */
const FREE = { perNetwork: 8, total: 64 };
/** Bits of work beyond that; one more for every so many registrations of the day, so that the last ones of it are dear. */
const WORK = { least: 16, oneMoreEach: 32 };
/** Providers sign a registration for an hour; one with a deadline further ahead than this is refused. */
const LONGEST_SECONDS = DAY;

export interface RegistrationRelay {
  pool: Pool;
  ledger: Pick<Ledger, "register" | "deployment">;
  now(): Seconds;
  /** The time by which the registry judges deadlines. */
  chainNow(): Seconds;
}

export interface RelayRequest {
  registration: Signed<"Registration">;
  network: string;
  /** Header `cairn-work`. */
  work: string;
  /** Called once the signature is checked and a transaction is paid for. */
  onAdmitted?(): void;
}

/**
 * Put a provider's registration on chain at the gateway's cost: within what it pays for strangers in a day, the first ones of a network for
 * nothing, further ones for work. Nothing is paid for what the chain would refuse.
 *
 * @throws CairnError `registration-refused`, EntranceRefusal `work-needed`, `registrations-used-up`; what `Ledger.register` throws
 */
export async function relayRegistration(
  relay: RegistrationRelay,
  request: RelayRequest,
): Promise<{ transaction: Hex }> {
  const { ledger, pool } = relay;
  const { message, signature } = request.registration;
  const now = relay.now();
  const chainNow = relay.chainNow();
  const { hot, nonce, deadline } = message;
  if (deadline <= BigInt(chainNow) || deadline > BigInt(chainNow + LONGEST_SECONDS)) {
    throw refused("its deadline is not within a day from now");
  }
  assertSigned(relay.ledger.deployment, request.registration);
  const id = await take(pool, dayOf(now), request, DAY - (now % DAY));
  request.onAdmitted?.();
  try {
    const result = await ledger.register(
      { id: `register:${hot}:${nonce}:${signature.slice(2, 18)}`, until: "included" },
      message,
      signature,
    );
    if (!result.ok) throw refused(result.revert ?? "no reason given");
    return { transaction: result.transaction };
  } catch (error) {
    const { code, message } = asCairnError(error);
    // The trial run refused it, or there are no coins: nothing was sent, and nothing paid.
    if (code === "reverted" || code === "insufficient-funds") {
      await pool.query("delete from gateway.registrations where id = $1", [id]);
    }
    if (code === "reverted") throw refused(message);
    throw error;
  }
}

/** The registry knows a provider by the signature alone: one that nobody can have made takes no place and no connection. */
function assertSigned(deployment: Deployment, { message, signature }: Signed<"Registration">): void {
  try {
    recoverTyped("Registration", message, deployment, signature);
  } catch (error) {
    throw refused(asCairnError(error).message);
  }
}

/** Takes a place in the day's registrations. */
function take(pool: Pool, day: number, { network, registration, work }: RelayRequest, left: number) {
  return countInDay(pool, "gateway.registrations", day, async (client) => {
    const { rows } = await client.query<{ all: number; own: number }>(
      `select count(*)::int as all, (count(*) filter (where network = $1))::int as own from gateway.registrations`,
      [network],
    );
    const { all = 0, own = 0 } = rows[0] ?? {};
    if (all >= A_DAY) throw usedUp(left);
    const bits = own < FREE.perNetwork && all < FREE.total ? 0 : WORK.least + Math.floor(all / WORK.oneMoreEach);
    if (workBits(registration.signature, work) < bits) throw workNeeded(bits);
    const { rows: made } = await client.query<{ id: string }>(
      "insert into gateway.registrations (day, network) values ($1, $2) returning id",
      [day, network],
    );
    return made[0]?.id;
  });
}

function refused(why: string): CairnError {
  return new CairnError(`the registry refused the registration: ${why}`, {
    code: "registration-refused",
    kind: "conflict",
    next: "Sign with the provider's next nonce on chain and a deadline that lies ahead, within a day.",
  });
}

function workNeeded(bits: number): EntranceRefusal {
  return new EntranceRefusal(
    `this gateway pays for no more registrations of this network today without ${bits} bits of work`,
    {
      code: "work-needed",
      kind: "unavailable",
      status: 429,
      details: { bits },
      next: "Send the header cairn-work: 16 hex digits that bring SHA-256(signature ‖ work) so many leading zero bits.",
    },
  );
}

function usedUp(seconds: number): EntranceRefusal {
  return new EntranceRefusal(`this gateway has paid for its ${A_DAY} registrations of today`, {
    code: "registrations-used-up",
    kind: "unavailable",
    status: 503,
    retryAfter: seconds,
    next: "Try again tomorrow, or register through another gateway.",
  });
}
