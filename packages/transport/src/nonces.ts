import type { Hex, Seconds } from "@cairn/core";

/** One-use nonces: each is remembered until its expiry, at most `capacity` of them at a time. */
export interface Nonces {
  /** True the first time; false when it was used before, has expired, or no more can be remembered. */
  use(nonce: Hex, expiry: Seconds, now: Seconds): boolean;
}

export function rememberNonces(capacity = 100_000): Nonces {
  const expiries = new Map<Hex, Seconds>();
  return {
    use(nonce, expiry, now) {
      if (expiry <= now || expiries.has(nonce)) return false;
      if (expiries.size >= capacity) {
        for (const [old, until] of expiries) if (until <= now) expiries.delete(old);
        if (expiries.size >= capacity) return false;
      }
      expiries.set(nonce, expiry);
      return true;
    },
  };
}
