import { type DeploymentTransaction, deploymentTransactions, errorsAbi } from "@cairn/contracts";
import type { Deployment, Profile } from "@cairn/core";
import { type Address, addressOfKey, CairnError, crypto, type Hex, keyBytes } from "@cairn/protocol";
import type { Abi } from "viem";
import { currentFees } from "./fees.ts";
import { type Finality, type Heads, openHeads } from "./heads.ts";
import type { FollowerSettings } from "./outgoing-follower.ts";
import type { Outcome, OutgoingStore } from "./outgoing-store.ts";
import { readDeployment } from "./read-contracts.ts";
import { openRpc, type Rpc } from "./rpc.ts";
import { createSender, type TransactionSender } from "./transaction-sender.ts";

const FIXED = ["periodSeconds", "graceSeconds", "disputePeriods", "voteWindowPeriods", "proposalSeconds"] as const;

/** The constants of a profile that the contracts fix for ever. */
export type DeploymentProfile = Pick<Profile, (typeof FIXED)[number]>;

export interface DeployOptions extends Partial<FollowerSettings> {
  url: string;
  /** Pays. */
  key: Hex;
  store: OutgoingStore;
  profile: DeploymentProfile;
  finality?: Finality;
  /** Told before each step. */
  onStep?: (step: DeployStep) => void;
}

export type DeployStep = { contract: DeploymentTransaction["contract"]; number: number; of: number };

export interface Deployed {
  deployment: Deployment;
  /** Resolves when all of it is final, or the chain does not answer any more; only then may it be relied on in the next run. */
  final: Promise<void>;
}

const MAX_PAYMENTS = 20;
/** For what the estimate by size leaves out, and for fees that rise. */
const FUNDING_MARGIN = 3n;

/**
 * The key that deploys: derived from the payer's, so that every run finds the same one, and used for nothing else, so that the contracts are
 * its transactions 0, 1 and 2 and their addresses are known before the first is sent.
 */
export function deployerKey(payer: Hex): Hex {
  const seed = crypto.keccak(Buffer.concat([Buffer.from("cairn/deployer/1"), keyBytes(payer)]));
  return `0x${Buffer.from(seed).toString("hex")}`;
}

/** As they would be sent, but for constants that change neither their addresses nor their size. */
function sampleTransactions(payer: Hex): DeploymentTransaction[] {
  return deploymentTransactions(addressOfKey(deployerKey(payer)), 0, {
    genesisTime: 0,
    periodSeconds: 1,
    graceSeconds: 0,
    disputePeriods: 0,
    voteWindowPeriods: 0,
    proposalSeconds: 0,
  });
}

/** Where `deployContracts` puts the contracts for a payer, known before anything is deployed. */
export function contractAddresses(payer: Hex): Record<DeploymentTransaction["contract"], Address> {
  const transactions = sampleTransactions(payer);
  return Object.fromEntries(transactions.map(({ contract, address }) => [contract, address.toLowerCase()])) as Record<
    DeploymentTransaction["contract"],
    Address
  >;
}

/**
 * Deploy the three contracts, or find what an earlier run deployed: safe to run again after a crash at any instant and even without its store,
 * as what exists is told by the deterministic addresses. Period 0 begins with the block that funded the deployer.
 *
 * @throws CairnError `insufficient-funds`, `chain-unreachable`, `deployment-differs` when contracts of other constants are there
 */
export async function deployContracts(options: DeployOptions): Promise<Deployment> {
  const { deployment, final } = await beginDeployment(options);
  await final;
  return deployment;
}

/** The same without waiting for finality: the contracts are in blocks, and can be used by who keeps nothing that depends on them until `final`. */
export async function beginDeployment(options: DeployOptions): Promise<Deployed> {
  const rpc = openRpc(options.url);
  const senders: TransactionSender[] = [];
  const close = async () => {
    for (const sender of senders) sender.close();
    await rpc.close();
  };
  try {
    const deployment = await deploy(options, rpc, senders);
    return { deployment, final: Promise.all(senders.map((sender) => sender.idle())).then(close) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function deploy(options: DeployOptions, rpc: Rpc, senders: TransactionSender[]): Promise<Deployment> {
  const { store, profile } = options;
  const heads = openHeads(rpc, options.finality);
  const chainId = Number(await rpc.request<Hex>("eth_chainId", []));
  const senderOf = (key: Hex): TransactionSender => {
    const sender = createSender({ ...options, rpc, heads, key, chainId, store, abi: errorsAbi as Abi });
    senders.push(sender);
    return sender;
  };
  const key = deployerKey(options.key);
  const deployer = addressOfKey(key);
  const addresses = deploymentTransactions(deployer, 0, { genesisTime: 0, ...profile });
  const deals = addresses[2]?.address.toLowerCase() as Address;
  if (await hasCode(rpc, deals)) await senderOf(key).resume();
  else {
    const funded = await fund(senderOf(options.key), rpc, heads, deployer, addresses);
    const genesisTime = await timeOf(heads, funded.block);
    const sender = senderOf(key);
    const steps = deploymentTransactions(deployer, 0, { genesisTime, ...profile });
    for (const [index, { contract, data, address }] of steps.entries()) {
      if (await hasCode(rpc, address)) continue;
      options.onStep?.({ contract, number: index + 1, of: steps.length });
      // The next one builds on it, and a reorganisation brings all of them back in their order.
      const { created } = await sender.submit(`deploy:${contract}`, { data }, "included");
      if (created !== address.toLowerCase()) throw differs(`${contract} is at ${created}, not at ${address}`);
    }
  }
  const deployment = await readDeployment(rpc, deals);
  for (const field of FIXED) {
    if (deployment[field] !== profile[field]) {
      throw differs(`they have ${field} ${deployment[field]}, not ${profile[field]}`);
    }
  }
  return deployment;
}

function differs(how: string): CairnError {
  return new CairnError(`the contracts that this key deployed differ from the profile: ${how}`, {
    code: "deployment-differs",
    kind: "conflict",
    next: "Use the profile that they were deployed with, or deploy with another key.",
  });
}

async function hasCode(rpc: Rpc, address: Address): Promise<boolean> {
  return (await rpc.request<Hex>("eth_getCode", [address, "latest"])) !== "0x";
}

async function timeOf(heads: Heads, number: number): Promise<number> {
  return (await heads.times([number])).get(number) as number;
}

/** What creations can cost, by their size and the gas of a sample: StorageDeals can be tried out only once the other two exist. */
async function costOf(
  rpc: Rpc,
  heads: Heads,
  left: readonly DeploymentTransaction[],
  sample: DeploymentTransaction,
): Promise<bigint> {
  const { maxFeePerGas } = await currentFees(rpc, await heads.latest());
  const estimate = BigInt(await rpc.request<Hex>("eth_estimateGas", [{ data: sample.data }, "latest"]));
  const size = left.reduce((sum, { data }) => sum + data.length, 0);
  return ((estimate * BigInt(size)) / BigInt(sample.data.length)) * maxFeePerGas;
}

/** Wei that a payer should have before it deploys and registers: twice what the deployment is given. */
export async function deploymentCost(rpc: Rpc, heads: Heads, payer: Hex): Promise<bigint> {
  const all = sampleTransactions(payer);
  return 2n * FUNDING_MARGIN * (await costOf(rpc, heads, all, all[0] as DeploymentTransaction));
}

/** Give the deployer enough for what is left to create; every payment has its own id, so none is made twice. Returns the first. */
async function fund(
  payer: TransactionSender,
  rpc: Rpc,
  heads: Heads,
  deployer: Address,
  transactions: readonly DeploymentTransaction[],
): Promise<Outcome> {
  const made = Number(await rpc.request<Hex>("eth_getTransactionCount", [deployer, "latest"]));
  const left = transactions.slice(Math.min(made, transactions.length - 1));
  const need = (await costOf(rpc, heads, left, transactions[0] as DeploymentTransaction)) * FUNDING_MARGIN;
  const pay = (count: number) =>
    payer.submit(`fund:${deployer}:${count}`, { to: deployer, data: "0x", value: need }, "included");
  const first = await pay(0);
  for (let count = 1; count < MAX_PAYMENTS; count++) {
    const balance = BigInt(await rpc.request<Hex>("eth_getBalance", [deployer, "latest"]));
    if (2n * balance >= need) break;
    await pay(count);
  }
  return first;
}
