import type { Hex, Seconds } from "@cairn/protocol";

/** One-use nonces: each is remembered until its expiry, at most `capacity` of them at a time, and `share` of one user. */
export interface Nonces {
  /**
   * True the first time; false when it was used before, has expired, or no more can be remembered.
   *
   * @param user whose it is, so that nobody takes the room of others
   */
  use(nonce: Hex, expiry: Seconds, now: Seconds, user?: string): boolean;
}

export function rememberNonces(capacity = 100_000, share = capacity): Nonces {
  const remembered = new Map<Hex, { expiry: Seconds; user: string }>();
  const counts = new Map<string, number>();
  const forget = (now: Seconds) => {
    for (const [nonce, { expiry, user }] of remembered) {
      if (expiry > now) continue;
      remembered.delete(nonce);
      const left = (counts.get(user) ?? 1) - 1;
      if (left === 0) counts.delete(user);
      else counts.set(user, left);
    }
  };
  const full = (user: string) => remembered.size >= capacity || (counts.get(user) ?? 0) >= share;
  return {
    use(nonce, expiry, now, user = "") {
      if (expiry <= now || remembered.has(nonce)) return false;
      if (full(user)) {
        forget(now);
        if (full(user)) return false;
      }
      remembered.set(nonce, { expiry, user });
      counts.set(user, (counts.get(user) ?? 0) + 1);
      return true;
    },
  };
}
