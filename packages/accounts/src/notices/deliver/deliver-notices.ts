import { type DeliveryContext, serveTarget } from "./serve-target.ts";
import { takeTarget } from "./take-target.ts";

/** Targets that are sent to at once: one that is slow keeps the others waiting no longer. */
const AT_ONCE = 8;

/**
 * Send what waits to whichever place it can be sent to now, until nothing is due or `signal` aborts. Several processes may do so at once. Each delivery arrives
 * at least once, with the same id at each try.
 * @returns how many turns there were
 */
export async function deliverNotices(context: DeliveryContext): Promise<number> {
  const kinds = context.mailer === undefined ? ["webhook"] : ["webhook", "mail"];
  let turns = 0;
  const work = async () => {
    while (!context.signal.aborted) {
      const target = await takeTarget(context, kinds);
      if (target === undefined) return;
      turns += 1;
      await serveTarget(context, target);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return turns;
}
