import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROFILES } from "@cairn/core";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateKey } from "../wallet/generate-key.ts";
import { deployContracts, deployerKey } from "./deploy-contracts.ts";
import { fileOutgoingStore } from "./file-outgoing-store.ts";
import { type Anvil, startAnvil } from "./testing/anvil.ts";
import { mortality } from "./testing/mortal.ts";

const profile = PROFILES.demo;

describe("deployContracts", () => {
  let anvil: Anvil;
  let directory: string;
  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 31_339, blockSeconds: 0.15 });
    directory = await mkdtemp(join(tmpdir(), "cairn-deploy-"));
  });
  afterAll(async () => {
    await anvil.stop();
    await rm(directory, { recursive: true });
  });

  const newStore = () => fileOutgoingStore(join(directory, generateKey()));
  const options = (key: Hex) => ({ url: anvil.url, key, profile, pollMilliseconds: 40, patienceSeconds: 0 });
  async function fundedKey(coins: string): Promise<Hex> {
    const key = generateKey();
    await anvil.call("anvil_setBalance", addressOfKey(key), `0x${parseEther(coins).toString(16)}`);
    return key;
  }

  it("deploys once, whatever instant it dies at", async () => {
    async function dieAfter(steps: number): Promise<boolean> {
      const key = await fundedKey("100");
      const store = newStore();
      const finished = await deployContracts({ ...options(key), store: mortality(steps).dying(store) }).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe("dead");
          return false;
        },
      );
      const deployment = await deployContracts({ ...options(key), store });
      expect(deployment).toMatchObject({
        chainId: 31_339,
        periodSeconds: profile.periodSeconds,
        proposalSeconds: profile.proposalSeconds,
        voteWindowPeriods: profile.voteWindowPeriods,
      });
      const count = await anvil.call<Hex>("eth_getTransactionCount", addressOfKey(deployerKey(key)), "latest");
      expect(Number(count)).toBe(3);
      expect(await deployContracts({ ...options(key), store: newStore() })).toEqual(deployment);
      return finished;
    }
    let steps = 0;
    for (let done = false; !done; steps += 12) {
      done = (await Promise.all(Array.from({ length: 12 }, (_, i) => dieAfter(steps + i)))).every(Boolean);
    }
    expect(steps).toBeGreaterThan(24);
  });

  it("names the constant that differs, and what it lacks", async () => {
    const key = await fundedKey("100");
    const store = newStore();
    await deployContracts({ ...options(key), store });
    await expect(
      deployContracts({ ...options(key), store, profile: { ...profile, graceSeconds: 9 } }),
    ).rejects.toMatchObject({
      code: "deployment-differs",
      message: expect.stringContaining(`graceSeconds ${profile.graceSeconds}, not 9`),
    });
    await expect(deployContracts({ ...options(generateKey()), store: newStore() })).rejects.toMatchObject({
      code: "insufficient-funds",
    });
  });
});
