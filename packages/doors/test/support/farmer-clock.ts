/** Time as a farmer under test has it. Seconds. */
export interface FarmerClock {
  now(): number;
  sleep(seconds: number): Promise<void>;
  /** Starts what waits by `sleep` only, or for real input and output. */
  spawn(actor: () => Promise<void>): Promise<void>;
}

export const realClock: FarmerClock = {
  now: () => performance.now() / 1000,
  sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1000))),
  spawn: (actor) => actor(),
};

/** A clock that stands still while anyone works and jumps to the next waking when all sleep: hours pass in seconds. */
export class SimulatedClock implements FarmerClock {
  #now: number;
  #busy = 0;
  #until = 0;
  #reached: (() => void) | undefined;
  readonly #sleepers: { at: number; wake: () => void }[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const at = this.#now + Math.max(0, seconds);
      const after = this.#sleepers.findIndex((other) => other.at > at);
      this.#sleepers.splice(after === -1 ? this.#sleepers.length : after, 0, { at, wake: resolve });
      this.#rest();
    });
  }

  async spawn(actor: () => Promise<void>): Promise<void> {
    this.#busy += 1;
    try {
      await actor();
    } finally {
      this.#rest();
    }
  }

  /** For an actor that is not spawned, and does nothing before it has called this for the first time: `pause` by `sleep`, until the signal. */
  actor(pause: () => Promise<void>): (seconds: number, signal: AbortSignal) => Promise<void> {
    let known = false;
    return async (_seconds, signal) => {
      if (!known) this.#busy += 1;
      known = true;
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      if (!signal.aborted) await Promise.race([pause(), aborted]);
    };
  }

  /** Lets time pass until `seconds` from now. */
  async advance(seconds: number): Promise<void> {
    this.#until = this.#now + seconds;
    await new Promise<void>((resolve) => {
      this.#reached = resolve;
      this.#jump();
    });
  }

  #rest(): void {
    this.#busy -= 1;
    this.#jump();
  }

  #jump(): void {
    if (this.#busy > 0 || this.#reached === undefined) return;
    const [next] = this.#sleepers;
    if (next === undefined || next.at > this.#until) {
      this.#now = this.#until;
      this.#reached();
      this.#reached = undefined;
      return;
    }
    this.#now = next.at;
    while (this.#sleepers[0]?.at === this.#now) {
      this.#busy += 1;
      this.#sleepers.shift()?.wake();
    }
  }
}
