import type { NetworkJson } from "@cairn/client";
import { encodeAbiParameters, keccak256 } from "viem";
import { beforeEach, describe, expect, it } from "vitest";
import { type Pinned, type PinStore, pinNetwork } from "./pin-network.ts";

const address = (fill: string) => `0x${fill.repeat(40)}` as const;

function networkOf(verifiers: `0x${string}`[], quorum: number): NetworkJson {
  return {
    version: "0.1.0",
    profile: "local",
    chainUrl: "http://127.0.0.1:1",
    executor: address("1"),
    verifierSet: keccak256(encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [verifiers, quorum])),
    verifiers,
    quorum,
    operators: 1,
    deployment: {
      chainId: 26170,
      deals: address("2"),
      registry: address("3"),
      ledger: address("4"),
      genesisTime: 1,
      periodSeconds: 60,
      graceSeconds: 6,
      disputePeriods: 1,
      voteWindowPeriods: 4,
      proposalSeconds: 3600,
      deployedAt: 5,
    },
    defaults: { k: 2, n: 4, days: 180 },
    pieceLimit: 1000,
    scrubSeconds: 60,
    faucet: true,
  };
}

const honest = networkOf([address("5"), address("6"), address("7")], 2);
let store: PinStore;

beforeEach(() => {
  let pinned: Pinned | undefined;
  store = {
    read: async () => pinned,
    async write(network) {
      pinned = network;
    },
  };
});

describe("the network that an account signs for", () => {
  const { deployment, defaults } = honest;
  const others = networkOf([address("8")], 1);
  it.each([
    ["executor", { executor: address("9") }],
    ["verifierSet", { verifierSet: others.verifierSet, verifiers: others.verifiers, quorum: others.quorum }],
    ["profile", { profile: "real" }],
    ...Object.entries(deployment).map(([name, value]) => [
      `deployment.${name}`,
      { deployment: { ...deployment, [name]: typeof value === "number" ? value + 1 : address("a") } },
    ]),
    ...Object.entries(defaults).map(([name, value]) => [
      `defaults.${name}`,
      { defaults: { ...defaults, [name]: value + 1 } },
    ]),
  ] as [string, Partial<NetworkJson>][])(
    "is the one first seen: another %s is shown and refused until accepted",
    async (field, change) => {
      await pinNetwork(store, honest);
      await pinNetwork(store, { ...honest, chainUrl: "http://127.0.0.1:2" });
      const changed = { ...honest, ...change };
      const error = await pinNetwork(store, changed).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "network-changed" });
      expect(error.details.changes.map((one: { field: string }) => one.field)).toContain(field);
      expect(error.message).toContain(field);
      await expect(pinNetwork(store, changed)).rejects.toMatchObject({ code: "network-changed" });
      await pinNetwork(store, changed, { accept: true });
      await pinNetwork(store, changed);
      await expect(pinNetwork(store, honest)).rejects.toMatchObject({ code: "network-changed" });
    },
  );

  it("has a verifier set whose id says who is in it, and the contracts that the account's own file names", async () => {
    await expect(pinNetwork(store, { ...honest, quorum: 1 })).rejects.toMatchObject({ code: "gateway-lies" });
    await expect(pinNetwork(store, { ...honest, verifiers: [address("5")] })).rejects.toMatchObject({
      details: { field: "network.verifierSet" },
    });
    const known = { chainId: 1, deals: address("2") };
    await expect(pinNetwork(store, honest, { known })).rejects.toMatchObject({
      details: { changes: [{ field: "deployment.chainId", pinned: "1", offered: "26170" }] },
    });
    await pinNetwork(store, honest, { known: { chainId: 26170, deals: address("2") } });
  });
});
