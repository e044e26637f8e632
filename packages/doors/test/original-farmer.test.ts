import type { DownstreamSettings } from "@cairn/doors/downstream";
import { describe, expect, it } from "vitest";
import { SimulatedClock } from "./support/farmer-clock.ts";
import { DOCUMENTED, OlderFarmer, type OlderProtocol, SINGLE_CONTRACT } from "./support/older-farmer.ts";
import { type FarmerEvent, OriginalFarmer } from "./support/original-farmer.ts";
import { liveBy, openRealDoor, type RealDoor } from "./support/real-door.ts";
import { readSignedMessageVectors } from "./support/vectors.ts";

const HOUR = 3600;
const START = 1_795_000_000;
const SIZE = 49_152;
const [identity] = readSignedMessageVectors().cases;
const { address, message, signature } = identity!;

interface Simulation {
  clock: SimulatedClock;
  door: RealDoor;
  events: FarmerEvent[];
}

interface Farmer {
  accepted: number;
  contracts: number;
  connect(): Promise<void>;
  run(): Promise<void>;
  stop(): void;
}

/** Runs a farmer against a door for `seconds` of simulated time, then `look`s at both before they end. */
async function simulate<F extends Farmer>(
  settings: Partial<DownstreamSettings>,
  seconds: number,
  create: (simulation: Simulation) => F,
  look: (farmer: F, simulation: Simulation) => Promise<void>,
): Promise<void> {
  const clock = new SimulatedClock(START);
  const door = await openRealDoor({ requireSignature: true, ...settings }, () => clock.now());
  const alive = liveBy(clock, door);
  const simulation: Simulation = { clock, door, events: [] };
  const farmer = create(simulation);
  try {
    await farmer.connect();
    const ended = farmer.run();
    await clock.advance(seconds);
    await look(farmer, simulation);
    expect(door.errors).toEqual([]);
    expect(door.warnings).toEqual([]);
    farmer.stop();
    await clock.advance(60);
    await ended;
  } finally {
    farmer.stop();
    alive.stop();
    await clock.advance(600);
    await door.close();
  }
}

const lost = (events: FarmerEvent[]) => events.filter(({ event }) => event === "lost" || event === "died");

function original({ clock, door, events }: Simulation): OriginalFarmer {
  return new OriginalFarmer({
    url: `${door.url}//`,
    clock,
    address,
    identity: { message, signature },
    size: SIZE,
    onEvent: (event) => events.push(event),
  });
}

const older =
  (protocol: OlderProtocol) =>
  ({ clock, door, events }: Simulation): OlderFarmer =>
    new OlderFarmer({
      url: door.url,
      clock,
      protocol,
      address,
      identity: { message, signature },
      size: SIZE,
      onEvent: (event) => events.push(event),
    });

/** From the fifth second of every minute on, the node fails for four. */
function breakEveryMinute({ clock, door: { node } }: Simulation): void {
  const away = () => clock.now() % 60 >= 5 && clock.now() % 60 < 9;
  const failing =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (away()) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
      return work(...args);
    };
  node.answer = failing(node.answer);
  node.challenges = failing(node.challenges);
  node.handOut = failing(node.handOut);
}

/** Nothing was lost, nearly every window was answered, and the node says the same. */
async function expectAllKept(farmer: Farmer, { door, events }: Simulation, windows: number): Promise<void> {
  expect(lost(events)).toEqual([]);
  expect(farmer.contracts).toBeGreaterThan(5);
  expect(farmer.accepted).toBeGreaterThanOrEqual(farmer.contracts * (windows - 8));
  const { json } = await door.call("GET", "/api/downstream/v1/status/list/");
  const { farmers } = json as { farmers: object[] };
  expect(farmers).toEqual([
    expect.objectContaining({ address, heartbeats: farmer.accepted, online: true, uptime: 100 }),
  ]);
}

describe("the original farmer v0.1.8 on a simulated clock", () => {
  it.each([
    { scheme: "Merkle", intervalSeconds: 15, rounds: 1024, hours: 3 },
    { scheme: "Swizzle", intervalSeconds: 15, rounds: 256, hours: 2 },
    { scheme: "Merkle", intervalSeconds: 300, rounds: 256, hours: 20 },
  ] as const)("keeps every contract for $hours h at $intervalSeconds s ($scheme)", async ({ hours, ...settings }) => {
    await simulate(settings, hours * HOUR, original, async (farmer, simulation) => {
      await expectAllKept(farmer, simulation, Math.floor((hours * HOUR) / settings.intervalSeconds));
    });
  });

  it("keeps every contract at a node that is away for some seconds of every minute", async () => {
    const settings = { intervalSeconds: 20, rounds: 256 };
    const create = (simulation: Simulation) => {
      breakEveryMinute(simulation);
      return original(simulation);
    };
    await simulate(settings, HOUR, create, async (farmer, simulation) => {
      await expectAllKept(farmer, simulation, 180);
      expect(simulation.events.filter(({ event }) => event === "retry").length).toBeGreaterThan(10);
    });
  });

  it("gives a Merkle contract up only when its challenges have run out, and takes new ones", async () => {
    await simulate({ intervalSeconds: 15, rounds: 20 }, HOUR / 4, original, async (farmer, { events }) => {
      const reasons = lost(events).map((event) => "reason" in event && event.reason);
      expect(reasons.length).toBeGreaterThan(5);
      expect(new Set(reasons)).toEqual(new Set(["the node said: no more challenges"]));
      for (const event of lost(events)) expect(event).toMatchObject({ accepted: 20 });
      expect(farmer.contracts).toBeGreaterThan(0);
    });
  });
});

describe("older farmers on a simulated clock", () => {
  it.each([
    { scheme: "Merkle", protocol: SINGLE_CONTRACT, name: "v0.1.5" },
    { scheme: "Swizzle", protocol: SINGLE_CONTRACT, name: "v0.1.5" },
    { scheme: "Merkle", protocol: DOCUMENTED, name: "the document" },
    { scheme: "Swizzle", protocol: DOCUMENTED, name: "the document" },
  ] as const)("keep every contract by the protocol of $name ($scheme)", async ({ scheme, protocol }) => {
    const settings = { scheme, intervalSeconds: 15, rounds: 256 };
    await simulate(settings, HOUR / 2, older(protocol), async (farmer, simulation) => {
      await expectAllKept(farmer, simulation, 120);
    });
  });
});
