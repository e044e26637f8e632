/** How a unit ended: exit code or signal. */
export interface UnitExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A unit that runs and is ready. */
export interface RunningUnit {
  pid: number;
  /** What it said when it became ready. */
  ready: Record<string, unknown>;
  /** Resolves when it has ended, for whatever reason; never rejects. */
  exited: Promise<UnitExit>;
  /** End it in order; after `graceMilliseconds` by force. Idempotent. */
  stop(graceMilliseconds: number): Promise<void>;
}

/** Something that the supervisor keeps running: a child process, or a server with a supervisor of its own. */
export interface Unit {
  name: string;
  /** Start it again, after a growing pause, whenever it ends unasked. */
  restart: boolean;
  /**
   * Resolves once it is ready; after a rejection nothing of it runs. `spawned` is told the process id as soon as there is one, so that
   * it can be ended should the supervisor be killed before it is ready.
   */
  start(signal: AbortSignal, spawned: (pid: number) => void): Promise<RunningUnit>;
}
