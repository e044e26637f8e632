import type { Leases } from "@cairn/catalog";
import {
  beginDeployment,
  createSender,
  deploymentCost,
  type EvmLedger,
  type Finality,
  type Heads,
  type OutgoingStore,
  openHeads,
  openLedger,
  openRpc,
  postgresOutgoingStore,
  type Rpc,
} from "@cairn/chain";
import type { Deployment, Profile } from "@cairn/core";
import { formatDuration } from "@cairn/core/format";
import { type Address, CairnError, type Hex } from "@cairn/protocol";
import type { Pool } from "pg";
import { encodeAbiParameters, keccak256 } from "viem";
import { balancesOf, isLow, type Need, roundUp, type Wallet, waitForCoins } from "./chain-funding.ts";
import type { GatewayKey } from "./gateway-key.ts";
import { senderTurns } from "./sender-turns.ts";

/** What the executor and each verifier have in their pockets on a chain of ours. */
const EXECUTOR_COINS = 10n ** 18n;
const VERIFIER_COINS = 10n ** 17n;
/** A throw-away network's coins are worth nothing: fund its keys once for all. */
const FAUCET_FACTOR = 500_000n;
/** A verifier's vote takes a hundredth of the deployment's gas: it gets a tenth of the executor's coins. */
const VERIFIER_PART = 10n;
/** Blocks by which the time between blocks is measured. */
const MEASURED_BLOCKS = 50;
/** Transactions, one after another, until a new network serves: coins, three contracts, the verifier set. */
const STEPS = 5;

export interface GatewayChain {
  deployment: Deployment;
  /** Resolves when the contracts cannot be reorganised away any more. */
  final: Promise<void>;
  executor: EvmLedger;
  verifiers: { key: GatewayKey; opened: EvmLedger }[];
  verifierSet: Hex;
  quorum: number;
}

interface ChainKeys {
  executor: GatewayKey;
  verifiers: GatewayKey[];
  /** Earns the block rewards where there is no faucet; pays the others' gas. */
  validator: GatewayKey | undefined;
}

/** Two of three, and of n in general a strict majority. */
const quorumOf = (verifiers: number): number => Math.floor(verifiers / 2) + 1;

export interface OpenChainOptions {
  pool: Pool;
  chainUrl: string;
  profile: Profile;
  keys: ChainKeys;
  /** Contracts that are there, as this home or its account file remembers them. */
  known: Deployment | { chainId: number; deals: Address } | undefined;
  /** How the chain tells which blocks are final; by the tag unless set. */
  finality?: Finality | undefined;
  /** Which of the gateways of one database looks after the transactions of a key; this one when left out. */
  leases?: Pick<Leases, "stand"> | undefined;
  /** Told what is being done, or waited for, in a line for a person. */
  say: (line: string) => void;
}

/**
 * Fund the gateway's keys, find or deploy the contracts, open a ledger for each key and register the verifier set. Waits for coins as long as
 * they do not come, and for no finality. May be killed at any instant and run again.
 */
export async function openChain(options: OpenChainOptions): Promise<GatewayChain> {
  const { pool, chainUrl, profile, keys, known, say } = options;
  const finality = options.finality === undefined ? {} : { finality: options.finality };
  const store = postgresOutgoingStore(pool);
  const rpc = openRpc(chainUrl);
  const heads = openHeads(rpc, options.finality);
  try {
    const chainId = Number(await rpc.request<Hex>("eth_chainId", []));
    if (known !== undefined && known.chainId !== chainId) throw wrongChain(known.chainId, chainId);
    const isOurs = chainId === profile.chainId;
    if (!isOurs) say(await describeChain(heads, chainId, known === undefined));
    const needs = await needsOf(rpc, heads, keys, isOurs);
    const fund = isOurs ? fundFromOurs : fundFromOutside;
    await fund({ rpc, heads, chainId, store, profile, keys, needs, say, isNew: known === undefined });
    const deployed =
      known === undefined
        ? await beginDeployment({
            ...finality,
            url: chainUrl,
            key: keys.executor.key,
            store,
            profile,
            onStep: ({ contract, number, of }) => say(`deploying ${contract} (${number} of ${of})`),
          })
        : { deployment: known, final: Promise.resolve() };
    const turnOf = options.leases === undefined ? {} : { turnOf: senderTurns(options.leases) };
    const opened = { ...finality, ...turnOf, url: chainUrl, deployment: deployed.deployment };
    const ledger = { ...opened, key: keys.executor.key, store };
    const executor = await openLedger(ledger);
    try {
      const { deployment } = executor;
      const verifiers = keys.verifiers.map((key) => ({ key, opened: executor.withKey(key.key, store) }));
      const addresses = keys.verifiers.map((key) => key.address).sort();
      const quorum = quorumOf(addresses.length);
      const verifierSet = keccak256(
        encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [addresses, quorum]),
      );
      if (known === undefined) say("registering the verifiers");
      // Registering a known set again changes nothing, and the id keeps us from paying for it twice.
      const id = `register-set:${deployment.ledger}:${verifierSet}`;
      await executor.registerSet({ id, until: "included" }, addresses, quorum);
      return { deployment, final: deployed.final, executor, verifiers, verifierSet, quorum };
    } catch (error) {
      await executor.stop();
      throw error;
    }
  } finally {
    await rpc.close();
  }
}

function wrongChain(expected: number, found: number): CairnError {
  return new CairnError(`this home belongs to chain ${expected}, and the URL leads to chain ${found}`, {
    code: "wrong-chain",
    kind: "conflict",
    details: { expected, found },
    next: "Name the right chain with --chain or CAIRN_CHAIN_URL, or start another home.",
  });
}

/** What is measured of a chain that is not ours: how long blocks take, how far finality is behind, and how long a first start takes here. */
async function describeChain(heads: Heads, chainId: number, isNew: boolean): Promise<string> {
  const [head, final] = await Promise.all([heads.latest(), heads.finalized()]);
  const earlier = head.number === 0 ? undefined : await heads.block(Math.max(0, head.number - MEASURED_BLOCKS));
  const facts = [`chain ${chainId} is at block ${head.number}`];
  if (earlier !== undefined && head.number - earlier.number > 1) {
    const seconds = (head.timestamp - earlier.timestamp) / (head.number - earlier.number);
    facts.push(`a block every ${formatDuration(Math.max(1, Math.round(seconds)))}`);
    facts.push(`final after ${formatDuration(Math.max(0, head.timestamp - final.timestamp))}`);
    if (isNew)
      facts.push(`once it is funded the first start takes about ${formatDuration(Math.ceil(seconds * STEPS * 2))}`);
  }
  return facts.join(", ");
}

async function needsOf(rpc: Rpc, heads: Heads, keys: ChainKeys, isOurs: boolean): Promise<Need[]> {
  const executor = isOurs ? EXECUTOR_COINS : roundUp(await deploymentCost(rpc, heads, keys.executor.key));
  const verifier = isOurs ? VERIFIER_COINS : roundUp(executor / VERIFIER_PART);
  return [
    { name: "gateway", address: keys.executor.address, amount: executor },
    ...keys.verifiers.map(({ address }, index) => ({ name: `verifier ${index + 1}`, address, amount: verifier })),
  ];
}

interface Funding {
  rpc: Rpc;
  heads: Heads;
  chainId: number;
  store: OutgoingStore;
  profile: Profile;
  keys: ChainKeys;
  needs: readonly Need[];
  say: (line: string) => void;
  /** Whether the contracts are still to be deployed. */
  isNew: boolean;
}

/** Somebody's coins: shown what is needed where, and taken as they come. What the gateway has beyond its own need goes to the verifiers. */
async function fundFromOutside(funding: Funding): Promise<void> {
  const { keys, needs, say } = funding;
  const missing = (wallets: Wallet[]) => wallets.slice(1).filter(isLow);
  const spare = ([gateway, ...others]: Wallet[]) =>
    gateway !== undefined &&
    gateway.have * 2n >=
      gateway.amount + 2n * others.filter(isLow).reduce((sum, one) => sum + one.amount - one.have, 0n);
  const first = await balancesOf(funding.rpc, needs);
  if (!first.some(isLow)) return;
  const wallets = await waitForCoins(
    { ...funding, needs },
    (now) => now[0] !== undefined && !isLow(now[0]) && (missing(now).length === 0 || spare(now)),
  );
  if (missing(wallets).length > 0) say("passing coins on to the verifiers");
  await payOut(funding, keys.executor, missing(wallets));
}

/** A chain of ours: its faucet, or where it has none the block rewards of its operator's validator. */
async function fundFromOurs(funding: Funding): Promise<void> {
  const { rpc, profile, keys, needs, say } = funding;
  const low = (await balancesOf(rpc, needs)).filter(isLow);
  if (low.length === 0) return;
  if (profile.faucet) {
    await Promise.all(
      low.map(({ address, amount }) =>
        rpc.request("cairn_faucet", [address, `0x${(amount * FAUCET_FACTOR).toString(16)}`]),
      ),
    );
  } else if (keys.validator !== undefined) {
    const { address } = keys.validator;
    const total = needs.reduce((sum, { amount }) => sum + amount, 0n);
    const rewards = { name: "validator", address, amount: total * 2n };
    if ((await balancesOf(rpc, [rewards])).some(({ have, amount }) => have < amount))
      say("waiting for the first block rewards");
    while ((await balancesOf(rpc, [rewards])).some(({ have, amount }) => have < amount)) await pause(1000);
    await payOut(funding, keys.validator, low);
  }
  // They are on their way: nobody needs to be asked for them.
  while ((await balancesOf(rpc, needs)).some(isLow)) await pause(250);
}

/** Send each what it lacks; what an address has spent tells one top-up from the next, also after a crash. */
async function payOut(
  { rpc, heads, chainId, store }: Funding,
  payer: GatewayKey,
  to: readonly Wallet[],
): Promise<void> {
  if (to.length === 0) return;
  const sender = createSender({ rpc, heads, key: payer.key, chainId, store, abi: [] });
  try {
    await Promise.all(
      to.map(async ({ address, amount, have }) => {
        const spent = Number(await rpc.request<Hex>("eth_getTransactionCount", [address, "latest"]));
        await sender.submit(`fund:${address}:${spent}`, { to: address, data: "0x", value: amount - have }, "included");
      }),
    );
  } finally {
    sender.close();
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
