import {
  createSender,
  deployContracts,
  type EvmLedger,
  type OutgoingStore,
  openHeads,
  openLedger,
  openRpc,
  postgresOutgoingStore,
} from "@cairn/chain";
import { type Address, CairnError, type Deployment, type Hex, type Profile } from "@cairn/core";
import type { Pool } from "pg";
import { encodeAbiParameters, keccak256 } from "viem";
import type { HomeKey } from "../home/home-keys.ts";

/** What the executor needs in its pocket before it can deploy and relay. */
const EXECUTOR_COINS = 10n ** 18n;
const VERIFIER_COINS = 10n ** 17n;
const FUNDING_SECONDS = 120;
/** A throw-away network's coins are worth nothing: fund its keys once for all. */
const FAUCET_FACTOR = 500_000n;

export interface GatewayChain {
  deployment: Deployment;
  executor: EvmLedger;
  verifiers: { key: HomeKey; opened: EvmLedger }[];
  verifierSet: Hex;
  quorum: number;
}

export interface ChainKeys {
  executor: HomeKey;
  verifiers: HomeKey[];
  /** Earns the block rewards where there is no faucet; pays the others' gas. */
  validator: HomeKey | undefined;
}

/** Two of three, and of n in general a strict majority. */
const quorumOf = (verifiers: number): number => Math.floor(verifiers / 2) + 1;

/**
 * Fund the gateway's keys, find or deploy the contracts, open a ledger for each key and register the verifier set. May be killed at
 * any instant and run again.
 */
export async function openChain(
  pool: Pool,
  chainUrl: string,
  profile: Profile,
  keys: ChainKeys,
  known: Deployment | { chainId: number; deals: Address } | undefined,
): Promise<GatewayChain> {
  const store = postgresOutgoingStore(pool);
  await fund(chainUrl, store, profile, keys);
  const contracts = known ?? (await deployContracts({ url: chainUrl, key: keys.executor.key, store, profile }));
  const executor = await openLedger({ url: chainUrl, deployment: contracts, key: keys.executor.key, store });
  const { deployment } = executor;
  if (known !== undefined && known.chainId !== deployment.chainId) {
    throw new CairnError(
      `this home belongs to chain ${known.chainId}, and ${chainUrl} is chain ${deployment.chainId}`,
      {
        code: "wrong-chain",
        kind: "conflict",
        next: "Give the URL of the right chain in CAIRN_CHAIN_URL.",
      },
    );
  }
  const verifiers = keys.verifiers.map((key) => ({ key, opened: executor.withKey(key.key, store) }));
  const addresses = keys.verifiers.map((key) => key.address).sort();
  const quorum = quorumOf(addresses.length);
  const verifierSet = keccak256(encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [addresses, quorum]));
  // Registering a known set again changes nothing, and the id keeps us from paying for it twice.
  await executor.registerSet({ id: `register-set:${deployment.ledger}:${verifierSet}` }, addresses, quorum);
  return { deployment, executor, verifiers, verifierSet, quorum };
}

async function fund(chainUrl: string, store: OutgoingStore, profile: Profile, keys: ChainKeys): Promise<void> {
  const wanted: [Address, bigint][] = [
    [keys.executor.address, EXECUTOR_COINS],
    ...keys.verifiers.map((key): [Address, bigint] => [key.address, VERIFIER_COINS]),
  ];
  const ownChain = await isOwnChain(chainUrl, profile);
  const faucet = profile.faucet && ownChain;
  await Promise.all(
    wanted.map(async ([address, amount]) => {
      if ((await coinsOf(chainUrl, address)) >= amount / 2n) return;
      if (faucet) await rpc(chainUrl, "cairn_faucet", [address, `0x${(amount * FAUCET_FACTOR).toString(16)}`]);
    }),
  );
  if (keys.validator !== undefined && ownChain) await fundFromRewards(chainUrl, store, keys.validator, wanted);
  const deadline = Date.now() + FUNDING_SECONDS * 1000;
  for (const [address, amount] of wanted) {
    while ((await coinsOf(chainUrl, address)) < amount / 2n) {
      if (Date.now() > deadline) throw needsCoins(address, amount);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Whether the chain is one of ours, with its faucet or block rewards, and not somebody else's behind CAIRN_CHAIN_URL. */
async function isOwnChain(chainUrl: string, profile: Profile): Promise<boolean> {
  return Number(await rpc<string>(chainUrl, "eth_chainId", [])) === profile.chainId;
}

/** Block rewards are the only coins of a real network: its operator's validator pays the gas of its gateway. */
async function fundFromRewards(
  chainUrl: string,
  store: OutgoingStore,
  validator: HomeKey,
  wanted: readonly [Address, bigint][],
): Promise<void> {
  const total = wanted.reduce((sum, [, amount]) => sum + amount, 0n);
  const rpcClient = openRpc(chainUrl);
  const chainId = Number(await rpc<string>(chainUrl, "eth_chainId", []));
  const heads = openHeads(rpcClient);
  const sender = createSender({ rpc: rpcClient, heads, key: validator.key, chainId, store, abi: [] });
  try {
    await Promise.all(
      wanted.map(async ([address, amount]) => {
        if ((await coinsOf(chainUrl, address)) >= amount / 2n) return;
        while ((await coinsOf(chainUrl, validator.address)) < total * 2n) {
          await new Promise((resolve) => setTimeout(resolve, 1000));
        }
        // What an address has spent tells one top-up from the next, also after a crash.
        const spent = Number(await rpc<string>(chainUrl, "eth_getTransactionCount", [address, "latest"]));
        await sender.submit(`fund:${address}:${spent}`, { to: address, data: "0x", value: amount });
      }),
    );
  } finally {
    sender.close();
    await rpcClient.close();
  }
}

const needsCoins = (address: Address, amount: bigint) =>
  new CairnError(`the gateway's address ${address} needs coins for gas: at least ${amount} wei`, {
    code: "insufficient-funds",
    kind: "exhausted",
    next: "Send it some, then start again.",
    details: { address, need: amount.toString() },
  });

async function coinsOf(chainUrl: string, address: Address): Promise<bigint> {
  return BigInt(await rpc<string>(chainUrl, "eth_getBalance", [address, "latest"]));
}

/** One JSON-RPC call; throws `chain-unreachable` or `chain-refused`. */
async function rpc<T>(chainUrl: string, method: string, params: unknown[]): Promise<T> {
  let answer: { result?: T; error?: { message: string } };
  try {
    const response = await fetch(chainUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    answer = (await response.json()) as typeof answer;
  } catch (cause) {
    throw new CairnError(`cannot reach the chain at ${chainUrl}`, {
      code: "chain-unreachable",
      kind: "unavailable",
      cause,
      next: "Check CAIRN_CHAIN_URL, or logs/chain.log in the home.",
    });
  }
  if (answer.error === undefined) return answer.result as T;
  throw new CairnError(`the chain refused ${method}: ${answer.error.message}`, {
    code: "chain-refused",
    kind: "conflict",
  });
}
