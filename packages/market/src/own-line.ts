/** A provider that reads fewer bytes a second than this counts as slow, unless this gateway's own line is full. */
export const SLOWEST_BYTES_PER_SECOND = 500_000;
/** A line that is full carries as much at least: on a slower one no shard of half a GiB is handed over within hours, and providers could feign it for ever. A choice. */
export const SLOWEST_LINE_BYTES_PER_SECOND = 20_000;
/** How often a hand-over is looked at. */
export const LOOK_SECONDS = 15;
/** While the line is full a place is given up once in so long all the same, each time twice as long: slow providers may only act as if it were. A choice. */
const PROBE_SECONDS = { first: 120, longest: 1920 };
/**
 * For so long a line that carries nothing excuses those who wait for it: two attempts of two minutes each. A line that stays dead ends the control
 * connections, and nobody is asked then; providers that stand still together are to gain no more than this. A choice.
 */
const DEAD_SECONDS = 300;
/** Without a hand-over for so long, what is known of a dead line is out of date: one that failed is tried again within seconds. A choice. */
const IDLE_SECONDS = 120;

interface Flow {
  running: number;
  /** Bytes a second of all running hand-overs together. */
  all: number;
}

/** What one hand-over took from one look to the next, and all of them together. */
export interface Look {
  /** Bytes a second. */
  own: number;
  all: number;
  /** In milliseconds of the clock's monotonic time. */
  now: number;
}

/**
 * Whether it is this gateway's own line that makes hand-overs slow. It is where their sum stays as it was when one more begins, or one ends: what one
 * takes is missing to the others. Where the sum grows with each, the line has room, and the slow are slow by themselves.
 */
export class OwnLine {
  #running = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  /** When as much as a line carries was last seen to pass, or the first hand-over after a pause began. */
  #passedAt = Number.NEGATIVE_INFINITY;
  #last: Flow | undefined;
  /** The newest flow of another number of hand-overs. */
  #before: Flow | undefined;
  #gaveUpAt = Number.NEGATIVE_INFINITY;
  #probeSeconds = PROBE_SECONDS.first;

  begin(now: number): void {
    // Nobody tried for a while, so nothing is known of the line: hand-overs that are tried again begin sooner.
    if (this.#running === 0 && now - this.#changedAt >= IDLE_SECONDS * 1000) this.#passedAt = now;
    this.#running += 1;
    this.#changedAt = now;
  }

  end(now: number): void {
    this.#running -= 1;
    this.#changedAt = now;
  }

  /** What a hand-over saw. A look that began before their number changed says nothing of the sum. */
  see({ all, now }: Look): void {
    // A few bytes show no line that works: providers could send for them now and then, and be excused for ever.
    if (all >= SLOWEST_LINE_BYTES_PER_SECOND) this.#passedAt = now;
    if (now - this.#changedAt < LOOK_SECONDS * 1000) return;
    const running = this.#running;
    if (this.#last !== undefined && this.#last.running !== running) this.#before = this.#last;
    this.#last = { running, all };
    if (this.isFull() === false) this.#probeSeconds = PROBE_SECONDS.first;
  }

  /** Undefined while hand-overs of one number only have been seen: all that began together, say. */
  isFull(): boolean | undefined {
    const [before, last] = [this.#before, this.#last];
    if (before === undefined || last === undefined || last.running !== this.#running) return undefined;
    const [fewer, more] = before.running < last.running ? [before, last] : [last, before];
    // Each that is more brought less than half of what each of the fewer had.
    return more.all - fewer.all < ((more.running - fewer.running) * fewer.all) / fewer.running / 2;
  }

  /** Whether it is the line's fault that a hand-over is slow: the line is full, carries what a line carries, and gives it at least half of an equal share. */
  isHeldUp({ own, all }: Look): boolean {
    return all >= SLOWEST_LINE_BYTES_PER_SECOND && own > 0 && this.isFull() === true && own >= all / this.#running / 2;
  }

  /**
   * Whether the line itself may be dead: nothing passes to anybody, and not for long yet. A hand-over that stands still meanwhile is excused only if it
   * does not stand alone (see watch-hand-over.ts).
   */
  mayBeDead({ all, now }: Look): boolean {
    return all === 0 && now - this.#passedAt < DEAD_SECONDS * 1000;
  }

  get running(): number {
    return this.#running;
  }

  /**
   * Whether a hand-over is to go on without its place, so that it holds up nobody. On a full line each more would take from all: only who takes less than
   * half of an equal share gives its place up, and now and then another, to see whether the line is full still. While nothing is known, one a look.
   */
  isToGiveUp(look: Look): boolean {
    const { own, all, now } = look;
    if (own >= SLOWEST_BYTES_PER_SECOND) return false;
    const full = this.isFull();
    if (full === false || own === 0 || own < all / this.#running / 2) return true;
    const pause = full ? this.#probeSeconds : LOOK_SECONDS;
    if (now - this.#gaveUpAt < pause * 1000) return false;
    if (full) this.#probeSeconds = Math.min(2 * this.#probeSeconds, PROBE_SECONDS.longest);
    this.#gaveUpAt = now;
    return true;
  }
}
