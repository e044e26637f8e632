import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployContracts, type EvmLedger, fileOutgoingStore, generateKey, openLedger } from "@cairn/chain";
import { ANVIL_KEY, type Anvil, startAnvil } from "@cairn/chain/testing";
import { type Deployment, PROFILES, periodAt, periodStart } from "@cairn/core";
import { type Address, addressOfKey, type Hex } from "@cairn/protocol";
import { encodeAbiParameters, keccak256 } from "viem";

/** The demo profile's clock, slow enough for a busy machine. */
export const TEST_PROFILE = { ...PROFILES.demo, periodSeconds: 12, graceSeconds: 4, proposalSeconds: 600 };

/** A chain with the contracts, an executor who pays for everything, and an owner with a deposit. */
export interface TestNetwork {
  anvil: Anvil;
  deployment: Deployment;
  /** Signs as the executor. */
  ledger: EvmLedger;
  executorKey: Hex;
  executor: Address;
  ownerKey: Hex;
  owner: Address;
  verifierKey: Hex;
  verifierSet: Hex;
  directory: string;
  /** Give an address coins for gas. */
  fund(address: Address, wei: bigint): Promise<void>;
  /** Make ten blocks a second while `work` waits for the chain; the chain's time runs ahead of the clock by that. */
  hurry<T>(work: () => Promise<T>): Promise<T>;
  /** The time of the newest block. */
  chainNow(): number;
  /** From now on open every period as it begins. */
  openPeriods(): void;
  /** Wait until the chain is in a period later than `period`, `seconds` into it. */
  reachPeriod(period: number, seconds?: number): Promise<void>;
  stop(): Promise<void>;
}

const COIN = 10n ** 18n;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Wait until `condition` holds; throws with `what` when it does not within `seconds`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(50);
  }
}

export async function startTestNetwork(): Promise<TestNetwork> {
  const anvil = await startAnvil({ chainId: TEST_PROFILE.chainId, blockSeconds: 1 });
  const directory = await mkdtemp(join(tmpdir(), "cairn-network-"));
  const store = fileOutgoingStore(join(directory, "outgoing"));
  const hurry = async <T>(work: () => Promise<T>): Promise<T> => {
    let over = false;
    const mining = (async () => {
      while (!over) {
        await anvil.call("evm_mine");
        await sleep(100);
      }
    })();
    try {
      return await work();
    } finally {
      over = true;
      await mining;
    }
  };
  const polling = { pollMilliseconds: 100 };
  const deployment = await hurry(() =>
    deployContracts({ url: anvil.url, key: ANVIL_KEY, store, profile: TEST_PROFILE, ...polling }),
  );
  const ledger = await openLedger({ url: anvil.url, deployment, key: ANVIL_KEY, store, ...polling });
  const ownerKey = generateKey();
  const verifierKey = generateKey();
  const owner = addressOfKey(ownerKey);
  const verifiers = [addressOfKey(verifierKey)];
  await hurry(() =>
    Promise.all([
      ledger.registerSet({ id: "set" }, verifiers, 1),
      ledger.deposit({ id: "deposit" }, owner, 100n * COIN),
    ]),
  );
  const verifierSet = keccak256(encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [verifiers, 1]));
  let stopped = false;
  let newest = (await ledger.latest()).timestamp;
  const watching = (async () => {
    for (; !stopped; await sleep(100)) {
      const head = await ledger.latest().catch(() => undefined);
      newest = head?.timestamp ?? newest;
    }
  })();
  let keeping: Promise<void> | undefined;
  const keepPeriods = async () => {
    while (!stopped) {
      const period = periodAt((await ledger.latest()).timestamp, deployment);
      if ((await ledger.seed(period)) === undefined) {
        const open = async () => {
          if ((await ledger.openedIn(period)) === undefined) await ledger.openPeriod({ id: `open/${period}` });
          await ledger.drawSeed({ id: `draw/${period}` }, period);
        };
        await open().catch((error: unknown) => {
          if (!stopped) process.stderr.write(`the seed of period ${period}: ${String(error)}\n`);
        });
      }
      await sleep(300);
    }
  };
  return {
    anvil,
    deployment,
    ledger,
    executorKey: ANVIL_KEY,
    executor: addressOfKey(ANVIL_KEY),
    ownerKey,
    owner,
    verifierKey,
    verifierSet,
    directory,
    hurry,
    async fund(address, wei) {
      await anvil.call("anvil_setBalance", address, `0x${wei.toString(16)}`);
    },
    chainNow: () => newest,
    openPeriods() {
      keeping ??= keepPeriods();
    },
    async reachPeriod(period, seconds = 0) {
      while ((await ledger.latest()).timestamp < periodStart(period, deployment) + seconds) await sleep(200);
    },
    async stop() {
      stopped = true;
      await keeping;
      await watching;
      await ledger.stop();
      await anvil.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
