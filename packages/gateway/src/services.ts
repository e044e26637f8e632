/** Something that is there for as long as the gateway runs. */
export interface Service<T = void> {
  name: string;
  /** Resolves with what later services work with. A start that fails leaves nothing behind. */
  start(): T | Promise<T>;
  stop(): void | Promise<void>;
}

export interface Services {
  /** Starts a service when those before it have started. */
  start<T>(service: Service<T>): Promise<T>;
  /** Aborts before the first service is stopped: loops end, and nobody waits any more. */
  stopping: AbortSignal;
}

export interface RunningServices<T> {
  /** What `compose` resolved with. */
  value: T;
  /**
   * Stops every service, the last one first, each when the one after it has stopped; further calls wait for the first. One that fails to stop keeps
   * none of the others running.
   *
   * @throws AggregateError of what failed, when all have been stopped
   */
  stop(): Promise<void>;
}

export interface ServicesLog {
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Starts services in the order in which `compose` asks for them. When it fails, whatever had started is stopped, the last one first, and its
 * error is thrown.
 */
export async function runServices<T>(
  compose: (services: Services) => Promise<T>,
  log: ServicesLog,
): Promise<RunningServices<T>> {
  const started: Service<unknown>[] = [];
  const stopping = new AbortController();
  const stopAll = async () => {
    stopping.abort();
    const failed: { name: string; error: unknown }[] = [];
    for (let service = started.pop(); service !== undefined; service = started.pop()) {
      try {
        await service.stop();
        log.debug({ service: service.name }, "stopped");
      } catch (error) {
        failed.push({ name: service.name, error });
        log.error({ err: error, service: service.name }, "a service did not stop as it should");
      }
    }
    if (failed.length === 0) return;
    const names = failed.map(({ name }) => name).join(", ");
    throw new AggregateError(
      failed.map(({ error }) => error),
      `did not stop as it should: ${names}`,
    );
  };
  let stopped: Promise<void> | undefined;
  try {
    const value = await compose({
      stopping: stopping.signal,
      async start(service) {
        const given = await service.start();
        started.push(service);
        log.debug({ service: service.name }, "started");
        return given;
      },
    });
    return {
      value,
      stop() {
        stopped ??= stopAll();
        return stopped;
      },
    };
  } catch (error) {
    // What failed first is what is told; what did not stop stands in the log.
    await stopAll().catch(() => undefined);
    throw error;
  }
}
