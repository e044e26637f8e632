import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const csrf = "c".repeat(43);
/** What the two calls answer, in one. */
const answer = { account: "main", csrf, user: null, scopes: [], via: "session", done: true };
let server: Server;
let isAway = false;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    if (isAway) request.socket.destroy();
    else response.end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  vi.stubGlobal("location", { origin: `http://127.0.0.1:${port}`, hash: "" });
  vi.resetModules();
});
afterAll(() => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  server.close();
});

it("ends when the gateway has ended it, and not when it was not reached", async () => {
  const [{ logOut, openSession }, { onLeave }] = await Promise.all([import("./session.ts"), import("../store.ts")]);
  const left = vi.fn();
  onLeave(left);
  await openSession();
  isAway = true;
  await expect(logOut()).rejects.toMatchObject({ kind: "unavailable" });
  expect(left).not.toHaveBeenCalled();
  isAway = false;
  await logOut();
  expect(left).toHaveBeenCalledOnce();
});
