import { expect, it } from "vitest";
import { DriveLanes } from "./drive-lanes.ts";
import type { PackageState } from "./types.ts";

let count = 0;
const some = (lanes: DriveLanes, state: PackageState, account: string, times: number) =>
  Array.from({ length: times }, () => lanes.enter({ id: `${count++}`, account, state })).filter(Boolean).length;

it("takes a few packages of each account, so that none keeps another's out", () => {
  const lanes = new DriveLanes();
  expect(some(lanes, "PLACING", "busy", 100)).toBe(8);
  expect(some(lanes, "PLACING", "other", 1)).toBe(1);
  expect(some(lanes, "COMMITTING", "busy", 100)).toBe(4);
});

it("drives new puts however many packages are being repaired, and the other way round", () => {
  const lanes = new DriveLanes();
  for (let i = 0; i < 10; i++) some(lanes, "DEGRADED", `account ${i}`, 10);
  expect(lanes.packages).toHaveLength(64);
  expect(some(lanes, "PLACING", "new", 1)).toBe(1);
  expect(some(lanes, "LOST", "new", 1)).toBe(0);
});

it("takes no package twice, and another once one has left", () => {
  const lanes = new DriveLanes();
  const driven = { id: "p", account: "a", state: "PLACING" } as const;
  expect([lanes.enter(driven), lanes.enter(driven)]).toEqual([true, false]);
  lanes.leave("p");
  expect(lanes.enter(driven)).toBe(true);
});
