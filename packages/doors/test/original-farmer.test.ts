import type { DownstreamSettings } from "@cairn/doors/downstream";
import { describe, expect, it } from "vitest";
import { SimulatedClock } from "./support/farmer-clock.ts";
import { DOCUMENTED, OlderFarmer, type OlderProtocol, SINGLE_CONTRACT } from "./support/older-farmer.ts";
import { type FarmerEvent, OriginalFarmer } from "./support/original-farmer.ts";
import { openRealDoor, type RealDoor } from "./support/real-door.ts";
import { readSignedMessageVectors } from "./support/vectors.ts";

const HOUR = 3600;
const START = 1_795_000_000;
const SIZE = 49_152;
/** How long farmers are tried at nodes that stand still. */
const STALLS = 900;
/** How often a node looks at its contracts, and gives its sign of life: more rarely than in earnest, as it costs the most here. */
const LOOK_SECONDS = 4;
const [identity] = readSignedMessageVectors().cases;
const { address, message, signature } = identity!;

interface Simulation {
  clock: SimulatedClock;
  door: RealDoor;
  events: FarmerEvent[];
  /** The node stands still until then. */
  awayUntil: number;
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
  let simulation: Simulation | undefined;
  const wait = clock.actor(async () => {
    do await clock.sleep(Math.max(LOOK_SECONDS, (simulation?.awayUntil ?? 0) - clock.now()));
    while (clock.now() < (simulation?.awayUntil ?? 0));
  });
  const door = await openRealDoor({ requireSignature: true, ...settings }, () => clock.now(), {}, wait);
  simulation = { clock, door, events: [], awayUntil: Number.NEGATIVE_INFINITY };
  const farmer = create(simulation);
  try {
    await farmer.connect();
    const ended = farmer.run();
    await clock.advance(seconds);
    await look(farmer, simulation);
    expect(door.errors).toEqual([]);
    expect(door.warnings.filter((warning) => !warning.startsWith("the node was away"))).toEqual([]);
    farmer.stop();
    await clock.advance(60);
    await ended;
  } finally {
    farmer.stop();
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

/**
 * The node stands still for `seconds`, again and again: requests wait, no sign of life is given. The pauses between do not fit into the interval, so
 * that all phases of a window are met.
 */
function stall(simulation: Simulation, seconds: number, intervalSeconds: number): void {
  const { clock, door } = simulation;
  const { node } = door;
  const waiting =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (clock.now() < simulation.awayUntil) await clock.sleep(simulation.awayUntil - clock.now());
      const result = await work(...args);
      // The answer may be ready and not get out.
      if (clock.now() < simulation.awayUntil) await clock.sleep(simulation.awayUntil - clock.now());
      return result;
    };
  node.answer = waiting(node.answer);
  node.challenges = waiting(node.challenges);
  node.handOut = waiting(node.handOut);
  void clock.spawn(async () => {
    while (clock.now() < START + STALLS) {
      await clock.sleep(intervalSeconds * 2 + seconds * 0.37 + 1.1);
      simulation.awayUntil = clock.now() + seconds;
      await clock.sleep(seconds);
    }
  });
}

/** Stops the node at the instant at which it has given out a new challenge. */
function stallAfterChallenges(simulation: Simulation, seconds: number): void {
  const { clock, door } = simulation;
  const { challenges } = door.node;
  let lastEnded = START;
  door.node.challenges = async (...args) => {
    const given = await challenges.apply(door.node, args);
    if (clock.now() - lastEnded > 60 && given.some((one) => one.outcome === "open" && !one.answered)) {
      simulation.awayUntil = clock.now() + seconds;
      lastEnded = simulation.awayUntil;
    }
    return given;
  };
  const { answer } = door.node;
  door.node.answer = async (...args) => {
    if (clock.now() < simulation.awayUntil) await clock.sleep(simulation.awayUntil - clock.now());
    return answer.apply(door.node, args);
  };
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
    { scheme: "Merkle", intervalSeconds: 15, rounds: 1024, hours: 1 },
    { scheme: "Swizzle", intervalSeconds: 15, rounds: 256, hours: 1 },
    { scheme: "Merkle", intervalSeconds: 300, rounds: 256, hours: 8 },
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

  it.each([1, 6, 31, 60])("loses nothing at a node that stands still for %d s, in any phase", async (seconds) => {
    const settings = { intervalSeconds: 30, rounds: 256 };
    const create = (simulation: Simulation) => {
      stall(simulation, seconds, 30);
      return original(simulation);
    };
    await simulate(settings, STALLS, create, async (farmer, { events }) => {
      expect(lost(events)).toEqual([]);
      expect(farmer.accepted).toBeGreaterThan(farmer.contracts * 8);
    });
  });

  it("loses nothing at a node that stops just after it has given out a challenge", async () => {
    const settings = { intervalSeconds: 30, rounds: 256 };
    const create = (simulation: Simulation) => {
      stallAfterChallenges(simulation, 6);
      return original(simulation);
    };
    await simulate(settings, STALLS, create, async (farmer, { events }) => {
      expect(lost(events)).toEqual([]);
      expect(farmer.accepted).toBeGreaterThan(farmer.contracts * 12);
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

  it.each([
    [6, SINGLE_CONTRACT],
    [60, SINGLE_CONTRACT],
    [6, DOCUMENTED],
  ] as const)("lose nothing at a node that stands still for %d s", async (seconds, protocol) => {
    const create = (simulation: Simulation) => {
      stall(simulation, seconds, 30);
      return older(protocol)(simulation);
    };
    await simulate({ intervalSeconds: 30, rounds: 256 }, STALLS, create, async (farmer, { events }) => {
      expect(lost(events)).toEqual([]);
      expect(farmer.accepted).toBeGreaterThan(farmer.contracts * 8);
    });
  });

  it("leave no chunk with a program that reads one contract from an answer of many", async () => {
    await simulate({ intervalSeconds: 300, rounds: 256 }, HOUR, older(SINGLE_CONTRACT), async (farmer, { door }) => {
      const { rows } = await door.database.pool.query(
        "select count(*)::int as live, (select missed::int from downstream.tokens) as missed from downstream.contracts where not settled",
      );
      expect(rows).toEqual([{ live: farmer.contracts, missed: 0 }]);
    });
  });
});
