import { HEARTBEAT_SECONDS } from "@cairn/protocol/wire";
import type { WebSocket } from "ws";

/** Ping the other end every `seconds`, and cut it off when it did not answer the last one. */
export function keepAlive(socket: WebSocket, seconds = HEARTBEAT_SECONDS): void {
  let alive = true;
  socket.on("pong", () => {
    alive = true;
  });
  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, seconds * 1000);
  socket.once("close", () => clearInterval(heartbeat));
}
