import { connect, type Socket } from "node:net";
import { processorSeconds } from "./measure.ts";

export interface LoadResult {
  seconds: number;
  requests: number;
  /** How often each status was answered. */
  statuses: Record<string, number>;
  /** How often `counted` stood in the answers' bodies. */
  counted: number;
  /** Milliseconds from a request's first byte to its answer's last. */
  p50: number;
  p99: number;
  longest: number;
  /** Processor seconds of the generator itself meanwhile. */
  cpuSeconds: number;
}

export interface Load {
  port: number;
  connections: number;
  /** Whole requests, head and body; each is sent once. */
  requests: readonly Buffer[];
  counted: string;
}

const HEAD_END = "\r\n\r\n";

/** Sends requests over raw keep-alive connections, on each the next one when the last is answered, so that the program under load has the processor. */
export async function runLoad({ port, connections, requests, counted }: Load): Promise<LoadResult> {
  const needle = Buffer.from(counted);
  const statuses: Record<string, number> = {};
  const times = new Float64Array(requests.length);
  let next = 0;
  let done = 0;
  let count = 0;

  const drive = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let parts: Buffer[] = [];
      let wanted = Number.POSITIVE_INFINITY;
      let received = 0;
      let bodyAt = 0;
      let sentAt = 0;
      const send = () => {
        const request = requests[next];
        if (request === undefined) {
          socket.end();
          resolve();
          return;
        }
        next += 1;
        parts = [];
        received = 0;
        wanted = Number.POSITIVE_INFINITY;
        sentAt = performance.now();
        socket.write(request);
      };
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the server closed a connection")));
      socket.on("data", (part) => {
        parts.push(part);
        received += part.length;
        if (wanted === Number.POSITIVE_INFINITY) {
          const head = parts.length === 1 ? part : Buffer.concat(parts);
          const end = head.indexOf(HEAD_END);
          if (end === -1) return;
          const text = head.toString("latin1", 0, end);
          const status = text.slice(9, 12);
          statuses[status] = (statuses[status] ?? 0) + 1;
          bodyAt = end + HEAD_END.length;
          wanted = bodyAt + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        }
        if (received < wanted) return;
        times[done] = performance.now() - sentAt;
        done += 1;
        const body = (parts.length === 1 ? part : Buffer.concat(parts)).subarray(bodyAt);
        for (let at = body.indexOf(needle); at !== -1; at = body.indexOf(needle, at + needle.length)) count += 1;
        send();
      });
      send();
    });

  const sockets = await Promise.all(
    Array.from(
      { length: Math.min(connections, requests.length) },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => resolve(socket));
          socket.setNoDelay(true);
          socket.once("error", reject);
        }),
    ),
  );
  const began = performance.now();
  const usedBefore = processorSeconds();
  await Promise.all(sockets.map(drive));
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = processorSeconds() - usedBefore;
  const sorted = times.subarray(0, done).toSorted();
  const at = (part: number) => sorted[Math.min(done - 1, Math.floor(part * done))] ?? 0;
  const percentiles = { p50: at(0.5), p99: at(0.99), longest: at(1) };
  return { seconds, requests: done, statuses, counted: count, ...percentiles, cpuSeconds };
}
