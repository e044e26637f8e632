import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import Fastify from "fastify";
import { expect, it } from "vitest";
import { openPorts } from "./open-ports.ts";

it("leads to the same server, leaves out a port that is taken, and closes", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const server = Fastify({ forceCloseConnections: true });
  server.get("/", async () => "here");
  await server.listen({ host: "127.0.0.1", port: 0 });
  const told: object[] = [];
  const ports = [
    { port: (taken.address() as AddressInfo).port, setting: "CAIRN_TAKEN_PORT" },
    { port: 0, setting: "CAIRN_FREE_PORT" },
  ];
  const { open, close } = await openPorts(server.server, "127.0.0.1", ports, {
    warn: (fields) => void told.push(fields),
  });
  expect(open).toHaveLength(1);
  expect(told).toMatchObject([{ error: { code: "port-taken", next: expect.stringContaining("CAIRN_TAKEN_PORT") } }]);
  expect(await (await fetch(`http://127.0.0.1:${open[0]}/`)).text()).toBe("here");
  const closed = close();
  await server.close();
  await closed;
  await expect(fetch(`http://127.0.0.1:${open[0]}/`)).rejects.toThrow();
  taken.close();
});
