import pg from "pg";

/**
 * Connections of a process that ends after the answer to its n-th statement: `die` is called then, and neither that answer nor another ever comes back. `count`
 * is how many statements there were.
 */
export function dyingClients(killAt: number, die: (client: pg.Client) => void) {
  const counted = { count: 0 };
  class DyingClient extends pg.Client {
    override query(...args: unknown[]): never {
      counted.count += 1;
      const last = counted.count === killAt;
      const dead = killAt > 0 && counted.count > killAt;
      const callback = args.at(-1);
      if (typeof callback === "function") {
        if (dead) return undefined as never;
        return (super.query as (...all: unknown[]) => never)(...args.slice(0, -1), (...answer: unknown[]) => {
          if (last) die(this);
          else callback(...answer);
        });
      }
      if (dead) return new Promise(() => undefined) as never;
      const answered = (super.query as unknown as (...all: unknown[]) => Promise<unknown>).apply(this, args);
      return answered.then((answer) => {
        if (!last) return answer;
        die(this);
        return new Promise(() => undefined);
      }) as never;
    }
  }
  return { Client: DyingClient as typeof pg.Client, counted };
}
