import type { ListedProviderJson } from "@cairn/client";
import { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "@cairn/contracts";
import { describeHours } from "@cairn/core";
import { DEAL_STATES } from "@cairn/protocol";
import { describe, expect, it, vi } from "vitest";
import { chain } from "../../words/chain.ts";
import { callWords, eventWords } from "./call-words.ts";
import { hourOfWeek, hoursOf, levelOf, onDuty } from "./duty.ts";
import { find } from "./find.ts";
import { countryName, freeBytes, placesOf, sorted } from "./places.ts";
import { dotsOf, landPath, MAP_HEIGHT, MAP_WIDTH } from "./project.ts";
import { share } from "./share.ts";

const duty = (...hours: number[]) =>
  `0x${hours
    .reduce((mask, hour) => mask | (1n << BigInt(hour)), 0n)
    .toString(16)
    .padStart(42, "0")}`;
const ALL = duty(...Array.from({ length: 168 }, (_, hour) => hour));
const NL = { latitude: 52.3, longitude: 5.6 };
const CA = { latitude: 57.9, longitude: -102.4 };
const DE = { latitude: 51.1, longitude: 10.4 };
const one = (digit: string, more: Partial<ListedProviderJson> = {}) =>
  ({
    provider: `0x${digit.repeat(40)}`,
    ...{ region: "", country: "NL", centre: NL, duty: ALL, connected: true, state: "READY", rating: 90 },
    ...{ capacity: "100", used: "40", price: "5", mine: { deals: 0, bytes: "0" }, ...more },
  }) as ListedProviderJson;

describe("the week", () => {
  it("is read bit by bit from Monday on, as the gateway writes it in words", () => {
    const hours = hoursOf(duty(0, 25, 167));
    expect(hours.flatMap((on, hour) => (on ? [hour] : []))).toEqual([0, 25, 167]);
    expect(describeHours([0, 25, 167])).toBe("Mon 00:00–01:00, Tue 01:00–02:00, Sun 23:00–24:00 UTC");
    const counts = onDuty([duty(0, 1), duty(1), ALL]);
    expect([counts.length, counts[0], counts[1], counts[2]]).toEqual([168, 2, 3, 1]);
  });

  it("knows which hour it is, and shades nobody and all like nothing else", () => {
    // 5 January 1970 was a Monday.
    expect([4 * 86_400, 4 * 86_400 + 3599, 4 * 86_400 - 1].map(hourOfWeek)).toEqual([0, 0, 167]);
    expect([0, 1, 5, 9, 10].map((on) => levelOf(on, 10))).toEqual([0, 1, 2, 3, 4]);
    expect([levelOf(0, 1), levelOf(1, 1)]).toEqual([0, 4]);
  });
});

describe("places", () => {
  const providers = [
    one("1", { mine: { deals: 2, bytes: "7" } }),
    one("2", { connected: false }),
    one("3", { country: "CA", centre: CA, used: "200" }),
    one("4", { country: null, centre: null }),
  ];

  it("count providers by country, those that name none apart", () => {
    expect(placesOf(providers)).toEqual([
      { country: "NL", providers: 2, connected: 1, mine: 2, centre: NL },
      { country: "CA", providers: 1, connected: 1, mine: 0, centre: CA },
      { country: null, providers: 1, connected: 1, mine: 0, centre: null },
    ]);
    // One that took more than it offers has nothing free; one that is away offers nothing now.
    expect(freeBytes(providers)).toBe("120");
    expect([countryName("NL"), countryName("not a country")]).toEqual(["Netherlands", "not a country"]);
  });

  it("are sorted by what is asked for, what is mine first where nothing is", () => {
    const order = (found: ListedProviderJson[]) => found.map(({ provider }) => provider[2]).join("");
    expect(order(sorted(providers, undefined))).toBe("1234");
    expect(order(sorted(providers, "provider", "desc"))).toBe("4321");
    expect(order(sorted(providers, "free"))).toBe("3124");
    expect(order(sorted(providers, "state", "desc"))).toBe("2134");
  });

  it("are dots within the map, neighbours joined, those without a country left out", () => {
    const [near, far, ...more] = dotsOf(placesOf([...providers, one("5", { country: "DE", centre: DE })]));
    expect(more).toEqual([]);
    expect(near).toMatchObject({ countries: ["NL", "DE"], providers: 3, connected: 2, mine: 2 });
    expect(far).toMatchObject({ countries: ["CA"], providers: 1 });
    expect(far!.x).toBeLessThan(near!.x);
    for (const { x, y } of [near!, far!]) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(MAP_WIDTH);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(MAP_HEIGHT);
    }
    expect(landPath().length).toBeGreaterThan(10_000);
  });
});

describe("the chain in words", () => {
  const abis = [providerRegistryAbi, proofLedgerAbi, storageDealsAbi].flatMap((abi) => [...abi]);

  it("has a sentence for every event, and words for every function that changes something", () => {
    const events = abis.flatMap((item) => (item.type === "event" ? [item] : []));
    expect(events.length).toBeGreaterThan(15);
    for (const { name, inputs } of events) {
      const values = inputs.map((input) => ({
        name: input.name,
        value: /^u?int/.test(input.type) ? "5" : input.type === "bool" ? "true" : `0x${"ab".repeat(20)}`,
      }));
      const said = eventWords({ name, arguments: values });
      expect(said, name).not.toBe(name);
      // Every name that the sentence is made of is one of the event's.
      expect(said, name).not.toContain("?");
    }
    const functions = abis.flatMap((item) =>
      item.type === "function" && item.stateMutability !== "view" ? [item.name] : [],
    );
    expect(functions.filter((name) => chain.methods[name] === undefined)).toEqual([]);
    const state = (value: string) =>
      eventWords({
        name: "DealStateChanged",
        arguments: [
          { name: "state", value },
          { name: "deal", value: "0x1" },
        ],
      });
    expect(DEAL_STATES.map((name, i) => state(String(i))?.includes(` ${name.toLowerCase()} `))).not.toContain(false);
  });

  it("says of a call what it does, also where it is none of ours", () => {
    const call = { to: "0x1", contract: "StorageDeals", method: "claim", amount: "0" };
    expect(callWords(call)).toBe("Pays providers for what they proved");
    expect(callWords({ ...call, method: null })).toContain("StorageDeals");
    expect(callWords({ ...call, contract: null, method: null, amount: "1" })).toBe("Sends coins");
    expect(callWords({ ...call, to: null, contract: null })).toBe("Creates a contract");
    expect(eventWords({ name: null, arguments: [] })).toBeNull();
    expect([share("0", "10"), share("1", "100000"), share("31", "1000"), share("1", "0")]).toEqual([
      ...["0 %", "< 0.1 %", "3.1 %", "0 %"],
    ]);
  });
});

describe("what is typed", () => {
  const HASH = `0x${"a".repeat(64)}`;
  const known = (more: Partial<Parameters<typeof find>[1]> = {}) => ({
    hash: vi.fn(async () => undefined),
    ...{ isProvider: async () => false, isContract: async () => false, isDeal: async () => false },
    ...more,
  });

  it("is a block, a transaction, a provider, a contract, a deal, or nothing", async () => {
    expect(await find(" 12,345 ", known())).toEqual({ to: "block", number: "12345" });
    const transaction = known({ hash: async () => ({ kind: "transaction" as const, block: 3 }) });
    expect(await find(HASH.toUpperCase().replace("X", "x"), transaction)).toEqual({ to: "transaction", hash: HASH });
    const block = known({ hash: async () => ({ kind: "block" as const, block: 3 }) });
    expect(await find(HASH, block)).toEqual({ to: "block", number: "3" });
    expect(await find(HASH, known({ isDeal: async () => true }))).toEqual({ to: "deals", search: HASH });
    expect(await find(HASH, known())).toBeUndefined();
    const address = HASH.slice(0, 42);
    expect(await find(address, known({ isProvider: async () => true }))).toEqual({ to: "provider", provider: address });
    expect(await find(address, known({ isContract: async () => true }))).toEqual({ to: "contracts" });
    expect(await find(address, known())).toEqual({ to: "nowhere", address });
    const asked = known();
    for (const text of ["", "0x12", "../../etc", "1e9"]) expect(await find(text, asked)).toBeUndefined();
    expect(asked.hash).not.toHaveBeenCalled();
  });
});
