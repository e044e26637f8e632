import { type BalancePorts, deliverNotices, type Mailer, tellOfEvents, tellOfState } from "@cairn/accounts";
import type { Clock } from "@cairn/core";
import { asCairnError } from "@cairn/protocol";

/** Ways by which notices leave the gateway, as its operator has set them up. */
export interface NoticeWays {
  /** Undefined where it sends no mail. */
  mailer: Mailer | undefined;
  /** Whether webhooks may lead into the gateway's own network. */
  allowPrivate: boolean;
}

export interface KeepNotifyingOptions extends BalancePorts, NoticeWays {
  clock: Clock;
  /** By which deals end. */
  chainNow(): number;
  homeSecret: string;
  signal: AbortSignal;
  log: { warn(fields: object, message: string): void };
}

/** How often it is looked what has happened, what lasts, and what is to be sent. */
const EVERY_SECONDS = { events: 2, state: 30, delivery: 2 };

/**
 * Tell accounts of what happens and lasts, and deliver it, until `signal` aborts. Of several gateways each does so: what is told once and sent by one at a time
 * is held in the database.
 */
export async function keepNotifying(options: KeepNotifyingOptions): Promise<void> {
  const { pool, clock, chainNow, mailer, allowPrivate, homeSecret, signal } = options;
  await Promise.all([
    again(options, EVERY_SECONDS.events, () => tellOfEvents(options)),
    again(options, EVERY_SECONDS.state, () => tellOfState(options, chainNow())),
    again(options, EVERY_SECONDS.delivery, () =>
      deliverNotices({ pool, clock, mailer, allowPrivate, homeSecret, signal }),
    ),
  ]);
  mailer?.close();
}

async function again(
  { clock, signal, log }: Pick<KeepNotifyingOptions, "clock" | "signal" | "log">,
  seconds: number,
  work: () => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) log.warn({ error: asCairnError(error).message }, "accounts are not told of something yet");
    }
    await clock.sleep(seconds, signal);
  }
}
