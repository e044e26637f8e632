import { pause } from "@cairn/process";
import { asCairnError } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";
import { openPacer } from "./pacer.ts";

/** A round is read in this share of its interval, so that it is over in time though reading falters. */
const SHARE = 0.8;
/** Longest sleep without another look at the interval. */
const NAP_SECONDS = 5;

/**
 * Read every byte of every shard once per interval, gently: a round spreads over its interval at whatever rate that takes, never above the budget. Damage is
 * reported as soon as it is found.
 */
export async function keepScrubbing(context: ProviderContext): Promise<void> {
  const { settings, signal } = context;
  let rate = settings.scrubBytesPerSecond;
  const pace = openPacer(() => rate, signal);
  while (!signal.aborted) {
    const began = performance.now();
    const interval = context.scrubSeconds();
    const shards = context.shards.all();
    const bytes = Number(context.shards.bytes);
    const wanted = Math.max(1 << 16, bytes / (interval * SHARE));
    rate = Math.min(settings.scrubBytesPerSecond, wanted);
    if (wanted > rate) {
      const seconds = Math.round(bytes / rate);
      context.log.warn({ bytes, interval, seconds }, "the scrub budget is too small to read every byte in time");
    }
    for (const held of shards) {
      if (signal.aborted) return;
      if (context.shards.held(held.deal) !== held) continue;
      try {
        const { damage } = await context.parts.scrubShard(held, pace);
        if (damage.length > 0 && context.shards.held(held.deal) === held) {
          void context.parts.reportDamage(held, damage);
        }
      } catch (error) {
        if (signal.aborted) return;
        const { code, message } = asCairnError(error);
        context.log.error({ deal: held.deal, code }, `a shard cannot be scrubbed: ${message}`);
      }
    }
    if (bytes > 0)
      context.log.debug({ shards: shards.length, bytes, seconds: (performance.now() - began) / 1000 }, "scrubbed");
    await rest(context, began);
  }
}

/** Until the next round is due. The interval is asked again and again: at the start no gateway has named it yet. */
async function rest(context: ProviderContext, began: number): Promise<void> {
  const { signal } = context;
  await pause(Math.min(1, context.scrubSeconds()), signal);
  for (;;) {
    const left = context.scrubSeconds() - (performance.now() - began) / 1000;
    if (left <= 0 || signal.aborted) return;
    await pause(Math.min(NAP_SECONDS, left), signal);
  }
}
