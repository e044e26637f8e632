import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { listenError } from "@cairn/process";
import { asCairnError } from "@cairn/protocol";

export interface ExtraPort {
  port: number;
  /** The environment variable that names another. */
  setting: string;
}

/**
 * Opens more ports that lead to a server that listens already: each connection is taken as if it had come there, and counts there. A port that
 * cannot be had is logged and left out, as the server itself is reached without it.
 *
 * @returns the ports that are open, and what closes them; their connections are the server's to end
 */
export async function openPorts(
  server: Server,
  host: string,
  ports: readonly ExtraPort[],
  log: { warn(fields: object, message: string): void },
): Promise<{ open: number[]; close(): Promise<void> }> {
  const listeners: Server[] = [];
  const open: number[] = [];
  for (const { port, setting } of ports) {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      server.emit("connection", socket),
    );
    try {
      listener.listen({ host, port });
      await once(listener, "listening");
      listeners.push(listener);
      open.push((listener.address() as { port: number }).port);
    } catch (error) {
      const known = listenError(error, { host, port, hostSetting: "CAIRN_HOST", portSetting: setting });
      log.warn({ error: asCairnError(known).toJSON() }, "a port that clients of a door expect is not open");
    }
  }
  return {
    open,
    async close() {
      await Promise.all(
        listeners.map((listener) =>
          new Promise<void>((resolve) => listener.close(() => resolve())).catch(() => undefined),
        ),
      );
    },
  };
}
