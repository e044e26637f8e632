import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  eventually,
  type ProviderProcess,
  startProviderProcess,
  startTestGateway,
  startTestNetwork,
  type TestGateway,
  type TestNetwork,
} from "../testing/index.ts";

let network: TestNetwork;
let gateway: TestGateway;
let directory: string;
const running: ProviderProcess[] = [];

beforeAll(async () => {
  network = await startTestNetwork();
  gateway = await startTestGateway(network);
  directory = await mkdtemp(join(tmpdir(), "cairn-rivals-"));
});
afterAll(async () => {
  for (const one of running) await one.kill();
  await gateway?.stop();
  await network?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(name: string): Promise<ProviderProcess> {
  const more = { directory: join(directory, name), gateways: [gateway.url] };
  const started = await network.hurry(() => startProviderProcess(more));
  running.push(started);
  return started;
}

const connections = ({ lines }: ProviderProcess) => lines.filter(({ msg }) => msg === "connected").length;

it("of two with one copied directory the first says why it lost its connection, and leaves it to the second", async () => {
  const first = await start("one");
  // A line that broke is no rival: the same program comes back.
  await gateway.transport.close();
  expect(gateway.transport.contested(first.provider)).toBe(false);
  await gateway.stop();
  gateway = await startTestGateway(network, { port: Number(new URL(gateway.url).port) });
  await eventually("the provider is back", () => gateway.transport.connected().includes(first.provider));
  expect(gateway.transport.contested(first.provider)).toBe(false);

  await cp(join(directory, "one"), join(directory, "two"), { recursive: true });
  const before = connections(first);
  const second = await start("two");
  expect(second.provider).toBe(first.provider);
  await eventually("the first names it", () => first.lines.some(({ code }) => code === "provider-displaced"));
  const said = first.lines.find(({ code }) => code === "provider-displaced");
  expect(said?.msg).toMatch(/another program with the keys of 0x\w+ has connected.*End one of the two/);
  await eventually("the gateway knows", () => gateway.transport.contested(first.provider));
  expect(gateway.transport.connected()).toEqual([second.provider]);
  expect(connections(first)).toBe(before);
});
