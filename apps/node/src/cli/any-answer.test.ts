import { mkdir, mkdtemp, rm as removeFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { placesIn, REPLACEMENTS, replaced } from "@cairn/client/testing";
import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureAccount } from "../account/account.ts";
import { homeAt } from "../home/home.ts";
import { cat } from "./cat.ts";
import { check } from "./check.ts";
import { diff } from "./diff.ts";
import { events } from "./events.ts";
import { get } from "./get.ts";
import { ls } from "./ls.ts";
import { mv } from "./mv.ts";
import { providers } from "./providers.ts";
import { put } from "./put.ts";
import { recover } from "./recover.ts";
import { rm } from "./rm.ts";
import { show } from "./show.ts";
import { status } from "./status.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";
import { wallet } from "./wallet.ts";

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let served: Awaited<ReturnType<typeof serveHome>>;
let options: { home: string; yes: true };
let attempt = 0;

const event = {
  id: 1,
  at: 1,
  kind: "k",
  severity: "info",
  package: "ab".repeat(16),
  provider: null,
  deal: null,
  message: "m",
  next: null,
};
const provider = {
  ...{
    provider: `0x${"7".repeat(40)}`,
    region: "x",
    endpoint: "",
    capacity: "1",
    used: "0",
    price: "1",
    rating: 90,
    score: 1,
  },
  ...{ fulfilled: "0", committed: "0", deals: 1, earned: "0", awakeNow: true, hoursPerWeek: 168, connected: false },
  ...{ country: null, centre: null, duty: `0x${"f".repeat(42)}`, mine: { deals: 0, bytes: "0" } },
  avoidedUntil: null,
  ...{ state: "READY", cause: null },
};
/** What the gateway in memory has none of. */
const MORE: Record<string, unknown> = { "GET /events": [event], "GET /providers": [provider] };

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-any-"));
  options = { home: join(folder, "home"), yes: true };
  const home = homeAt(options.home);
  await ensureAccount(home);
  served = await serveHome(home, gateway.url);
  for (const name of ["photos", "fresh"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "file"), `all of the ${name}`);
  }
});
afterAll(async () => {
  await gateway.stop();
  served.release();
  await removeFile(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  gateway.lie(undefined);
  if (gateway.packages.size === 0) await put(join(folder, "photos"), options);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const COMMANDS: Record<string, () => Promise<unknown>> = {
  ls: () => ls(options),
  events: () => events(options),
  providers: () => providers(undefined, options),
  status: () => status(options),
  wallet: () => wallet("balance", undefined, undefined, options),
  show: () => show("photos", { ...options, files: true }),
  check: () => check("photos/file", options),
  get: () => get("photos", join(folder, `back-${attempt++}`), options),
  cat: () => cat("photos/file", options),
  diff: () => diff("photos", join(folder, "photos"), options),
  put: () => put(join(folder, "fresh"), { ...options, name: `fresh-${attempt++}` }),
  recover: () => recover(options),
  mv: () => mv("photos", "photos", options),
  rm: () => rm("photos", options),
};

describe.each(Object.entries(COMMANDS))("%s", (_, command) => {
  it("ends well or with an error of ours, whatever stands in one place of one answer", async () => {
    const value = fc.oneof(fc.constantFrom(...REPLACEMENTS), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 12 }), fc.nat(), value, async (number, place, by) => {
        const held = new Map(gateway.packages);
        const states = [...held.values()].map((one) => ({ one, before: { ...one } }));
        let asked = 0;
        gateway.lie(({ call }, answer) => {
          const truth = MORE[call] ?? answer;
          if (Buffer.isBuffer(truth) || asked++ !== number) return truth;
          const places = placesIn(truth);
          return replaced(truth, places[place % places.length] ?? [], by);
        });
        try {
          await command();
        } catch (error) {
          expect(error).toBeInstanceOf(CairnError);
          expect((error as CairnError).code).not.toBe("internal");
        } finally {
          gateway.packages.clear();
          for (const [id, one] of held) gateway.packages.set(id, one);
          for (const { one, before } of states) Object.assign(one, before);
        }
      }),
      { numRuns: 30 },
    );
  });
});
