import { type DeploymentTransaction, deploymentTransactions, errorsAbi } from "@cairn/contracts";
import { type Address, CairnError, type Deployment, type Hex, type Profile } from "@cairn/core";
import type { Abi } from "viem";
import { addressOfKey, keyBytes } from "../wallet/keys.ts";
import { crypto } from "../wallet/native.ts";
import { currentFees, gasWithMargin } from "./fees.ts";
import { type Finality, type Heads, openHeads } from "./heads.ts";
import type { FollowerSettings } from "./outgoing-follower.ts";
import type { Outcome, OutgoingStore } from "./outgoing-store.ts";
import { readDeployment } from "./read-contracts.ts";
import { openRpc, type Rpc } from "./rpc.ts";
import { createSender, type TransactionSender } from "./transaction-sender.ts";

/** The constants of a profile that the contracts fix for ever. */
export type DeploymentProfile = Pick<
  Profile,
  "periodSeconds" | "graceSeconds" | "disputePeriods" | "voteWindowPeriods" | "proposalSeconds"
>;

export interface DeployOptions extends Partial<FollowerSettings> {
  url: string;
  /** Pays. */
  key: Hex;
  store: OutgoingStore;
  profile: DeploymentProfile;
  finality?: Finality;
}

/** A contract of ours that exists is more than this; an account without code has none. */
const NO_CODE = "0x";
const MAX_TOP_UPS = 20;

/**
 * The key that deploys: derived from the payer's, so that every run finds the same one, and used for nothing else, so that the contracts are
 * its transactions 0, 1 and 2 and their addresses are known before the first is sent.
 */
export function deployerKey(payer: Hex): Hex {
  const seed = crypto.keccak(Buffer.concat([Buffer.from("cairn/deployer/1"), keyBytes(payer)]));
  return `0x${Buffer.from(seed).toString("hex")}`;
}

/**
 * Deploy the three contracts, or find what an earlier run deployed: safe to run again after a crash at any instant and even without its store,
 * as what exists is told by the deterministic addresses. Period 0 begins with the block that funded the deployer.
 *
 * @throws CairnError `insufficient-funds`, `chain-unreachable`, `deployment-differs` when contracts of other constants are there
 */
export async function deployContracts(options: DeployOptions): Promise<Deployment> {
  const rpc = openRpc(options.url);
  const senders: TransactionSender[] = [];
  try {
    return await deploy(options, rpc, senders);
  } finally {
    for (const sender of senders) sender.close();
    await rpc.close();
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
  if (!(await hasCode(rpc, deals))) {
    const funded = await fund(senderOf(options.key), rpc, heads, deployer, addresses);
    const genesisTime = await timeOf(heads, funded.block);
    const sender = senderOf(key);
    for (const { contract, data, address } of deploymentTransactions(deployer, 0, { genesisTime, ...profile })) {
      if (await hasCode(rpc, address)) continue;
      const { created } = await sender.submit(`deploy:${contract}`, { data });
      if (created !== address.toLowerCase()) throw differs(`${contract} is at ${created}, not at ${address}`);
    }
  }
  const deployment = await readDeployment(rpc, deals);
  for (const field of Object.keys(profile) as (keyof DeploymentProfile)[]) {
    if (field in deployment && deployment[field] !== profile[field]) {
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
  return (await rpc.request<Hex>("eth_getCode", [address, "latest"])) !== NO_CODE;
}

async function timeOf(heads: Heads, number: number): Promise<number> {
  return (await heads.times([number])).get(number) as number;
}

/** What the creations that are left can cost at most. StorageDeals can be estimated only once the other two exist: by its size. */
async function costOf(rpc: Rpc, heads: Heads, transactions: readonly DeploymentTransaction[]): Promise<bigint> {
  const head = await heads.latest();
  const { maxFeePerGas } = await currentFees(rpc, head);
  const perByte = transactions.map(({ data }) => BigInt(data.length / 2));
  const sample = transactions[0] as DeploymentTransaction;
  const estimate = BigInt(await rpc.request<Hex>("eth_estimateGas", [{ data: sample.data }, "latest"]));
  const bytes = perByte.reduce((sum, size) => sum + size, 0n);
  const gas = gasWithMargin((estimate * bytes) / BigInt(sample.data.length / 2), 2n ** 64n);
  return gas * maxFeePerGas * 2n;
}

/** Give the deployer enough for what is to come; a top-up has its own id, so none is paid twice. Returns the first payment. */
async function fund(
  payer: TransactionSender,
  rpc: Rpc,
  heads: Heads,
  deployer: Address,
  transactions: readonly DeploymentTransaction[],
): Promise<Outcome> {
  const need = await costOf(rpc, heads, transactions);
  const first = await payer.submit(`fund:${deployer}:0`, { to: deployer, data: "0x", value: need });
  for (let topUp = 1; topUp < MAX_TOP_UPS; topUp++) {
    const [balance, used] = await Promise.all([
      rpc.request<Hex>("eth_getBalance", [deployer, "latest"]).then(BigInt),
      rpc.request<Hex>("eth_getTransactionCount", [deployer, "latest"]).then(Number),
    ]);
    if (used > 0 || balance >= need / 2n) break;
    await payer.submit(`fund:${deployer}:${topUp}`, { to: deployer, data: "0x", value: need });
  }
  return first;
}
