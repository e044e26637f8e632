import { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "@cairn/contracts";
import type { DealRecord, Deployment, PackageRecord, PackageRef, ProviderRecord } from "@cairn/core";
import type { Address, DealId, Hex, Money } from "@cairn/protocol";
import { CairnError, DEAL_STATES } from "@cairn/protocol";
import {
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeFunctionResult,
  encodeFunctionData,
} from "viem";
import { decodeRevert, revertData, revertedError } from "./decode-revert.ts";
import { type Rpc, RpcError } from "./rpc.ts";

type View = "view" | "pure";

/** Call a view function at the latest block. @throws CairnError `reverted`, `no-contract` */
export async function readContract<
  const A extends Abi,
  N extends ContractFunctionName<A, View>,
  const P extends ContractFunctionArgs<A, View, N>,
>(rpc: Rpc, abi: A, address: Address, functionName: N, args: P): Promise<ContractFunctionReturnType<A, View, N, P>> {
  const data = encodeFunctionData({ abi, functionName, args } as never);
  let result: Hex;
  try {
    result = await rpc.request<Hex>("eth_call", [{ to: address, data }, "latest"]);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const reason = revertData(error);
    if (reason === undefined) throw error;
    throw revertedError(decodeRevert(reason, abi));
  }
  if (result === "0x") {
    throw new CairnError(`no contract of ours is at ${address}`, {
      code: "no-contract",
      kind: "missing",
      details: { address },
      next: "Check that the chain's URL and the addresses of the deployment belong together.",
    });
  }
  return decodeFunctionResult({ abi, functionName, data: result } as never) as never;
}

const ZERO_WORD: Hex = `0x${"00".repeat(32)}`;
const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;
const lower = (hex: string): Hex => hex.toLowerCase() as Hex;

/** Everything that stands in the three contracts, found from the address of StorageDeals. */
export async function readDeployment(rpc: Rpc, deals: Address): Promise<Deployment> {
  const read = await readContract(rpc, storageDealsAbi, deals, "deployment", []);
  return {
    chainId: Number(read.chainId),
    deals: lower(read.deals),
    registry: lower(read.registry),
    ledger: lower(read.ledger),
    genesisTime: read.genesisTime,
    periodSeconds: read.periodSeconds,
    graceSeconds: read.graceSeconds,
    disputePeriods: read.disputePeriods,
    voteWindowPeriods: read.voteWindowPeriods,
    proposalSeconds: read.proposalSeconds,
    deployedAt: read.deployedAt,
  };
}

/** The reading half of the port, apart from heads and events. */
export function contractReads(rpc: Rpc, at: Deployment) {
  return {
    async openedIn(period: number): Promise<number | undefined> {
      const block = await readContract(rpc, proofLedgerAbi, at.ledger, "openedIn", [BigInt(period)]);
      return block === 0n ? undefined : Number(block);
    },

    async seed(period: number): Promise<Hex | undefined> {
      const seed = await readContract(rpc, proofLedgerAbi, at.ledger, "seed", [BigInt(period)]);
      return seed === ZERO_WORD ? undefined : seed;
    },

    async provider(address: Address): Promise<ProviderRecord | undefined> {
      const read = await readContract(rpc, providerRegistryAbi, at.registry, "providerOf", [address]);
      if (read.hot === ZERO_ADDRESS) return undefined;
      return {
        provider: lower(address),
        hot: lower(read.hot),
        payout: lower(read.payout),
        capacity: read.capacity,
        priceFloor: read.priceFloor,
        egressPrice: read.egressPrice,
        duty: read.duty,
        region: read.region,
        endpoint: read.endpoint,
        active: read.active,
        ...(read.pendingPayout === ZERO_ADDRESS ? {} : { pendingPayout: lower(read.pendingPayout) }),
        nextNonce: read.nextNonce,
      };
    },

    async deal(id: DealId): Promise<DealRecord | undefined> {
      const read = await readContract(rpc, storageDealsAbi, at.deals, "dealOf", [id]);
      const state = DEAL_STATES[read.state];
      if (state === undefined || state === "NONE") return undefined;
      const { quote } = read;
      return {
        deal: lower(id),
        state,
        quote: { ...quote, provider: lower(quote.provider), owner: lower(quote.owner) },
        escrow: read.escrow,
        paidPeriods: read.paidPeriods,
        heldPeriods: read.heldPeriods,
        provenCount: read.provenCount,
        receiptTime: read.receiptTime,
        receiptBlock: read.receiptBlock,
        deadline: read.deadline,
        lastPeriod: read.lastPeriod,
        fromReserve: read.fromReserve,
      };
    },

    balance: (account: Address): Promise<Money> => readContract(rpc, storageDealsAbi, at.deals, "balance", [account]),

    packageReserve: ({ owner, documentHash }: PackageRef): Promise<Money> =>
      readContract(rpc, storageDealsAbi, at.deals, "packageReserve", [owner, documentHash]),

    async package({ owner, documentHash }: PackageRef): Promise<PackageRecord | undefined> {
      const read = await readContract(rpc, storageDealsAbi, at.deals, "packageOf", [owner, documentHash]);
      if (read.owner === ZERO_ADDRESS) return undefined;
      return {
        documentHash: lower(documentHash),
        owner: lower(read.owner),
        executor: lower(read.executor),
        verifierSet: read.verifierSet,
        k: read.k,
        n: read.n,
        shardsRoot: read.shardsRoot,
        reserve: read.reserve,
        escrowed: read.escrowed,
        expiry: read.expiry,
        liveDeals: read.liveDeals,
        lastPeriod: read.lastPeriod,
      };
    },

    liveDealAt: async (of: PackageRef, piece: number, shard: number): Promise<DealId | undefined> => {
      const slot = [of.owner, of.documentHash, piece, shard] as const;
      const deal = await readContract(rpc, storageDealsAbi, at.deals, "liveDealAt", slot);
      return BigInt(deal) === 0n ? undefined : (deal.toLowerCase() as DealId);
    },
    isProven: (deal: DealId, period: number): Promise<boolean> =>
      readContract(rpc, proofLedgerAbi, at.ledger, "isProven", [deal, BigInt(period)]),

    newestFinal: async (set: Hex): Promise<number> =>
      Number(await readContract(rpc, proofLedgerAbi, at.ledger, "newestFinal", [set])),

    async finalizedRoot(set: Hex, period: number) {
      const [root, leafFileHash, leaves] = await readContract(rpc, proofLedgerAbi, at.ledger, "finalizedRoot", [
        set,
        BigInt(period),
      ]);
      return root === ZERO_WORD ? undefined : { root, leafFileHash, leaves };
    },

    async verifierSet(set: Hex) {
      const [verifiers, quorum] = await readContract(rpc, proofLedgerAbi, at.ledger, "verifiersOf", [set]);
      return quorum === 0 ? undefined : { verifiers: verifiers.map(lower), quorum };
    },
  };
}
