import { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "@cairn/contracts";
import type { Deployment, PackageRef, Submission, SubmissionResult } from "@cairn/core";
import type { Address, DealId, Hex, Mandate, Message, Money, Quote, Registration, VerdictLeaf } from "@cairn/protocol";
import type { Call } from "@cairn/protocol/sign-transaction";
import { encodeFunctionData } from "viem";

/** How a call gets on chain under a submission id. */
export type Submit = (submission: Submission, call: Call) => Promise<SubmissionResult>;

function leafArgument(leaf: VerdictLeaf) {
  const { period, faultA, faultB } = leaf;
  return { ...leaf, period: BigInt(period), faultA: BigInt(faultA), faultB: BigInt(faultB) };
}

/** The vote that completes the quorum stores the root too, and verifiers vote at the same time. */
const VOTE_GAS_FACTOR = 3;

/** The writing half of the port: each method encodes one call. */
export function contractWrites(at: Deployment, submit: Submit) {
  const toRegistry = (s: Submission, data: Hex) => submit(s, { to: at.registry, data });
  const toDeals = (s: Submission, data: Hex, value = 0n) => submit(s, { to: at.deals, data, value });
  const toLedger = (s: Submission, data: Hex, gasFactor = 1) => submit(s, { to: at.ledger, data, gasFactor });
  return {
    register: (s: Submission, registration: Registration, coldSignature: Hex) =>
      toRegistry(
        s,
        encodeFunctionData({ abi: providerRegistryAbi, functionName: "register", args: [registration, coldSignature] }),
      ),
    retire: (s: Submission, nonce: bigint, deadline: bigint, coldSignature: Hex) =>
      toRegistry(
        s,
        encodeFunctionData({
          abi: providerRegistryAbi,
          functionName: "retire",
          args: [nonce, deadline, coldSignature],
        }),
      ),

    deposit: (s: Submission, owner: Address, amount: Money) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "deposit", args: [owner] }), amount),
    withdraw: (s: Submission, amount: Money) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "withdraw", args: [amount] })),
    propose: (
      s: Submission,
      mandate: Mandate,
      ownerSignature: Hex,
      quotes: Quote[],
      hotSignatures: Hex[],
      paths: Hex[][],
    ) =>
      toDeals(
        s,
        encodeFunctionData({
          abi: storageDealsAbi,
          functionName: "propose",
          args: [mandate, ownerSignature, quotes, hotSignatures, paths],
        }),
      ),
    recordReceipts: (s: Submission, deals: DealId[], hotSignatures: Hex[]) =>
      toDeals(
        s,
        encodeFunctionData({ abi: storageDealsAbi, functionName: "recordReceipts", args: [deals, hotSignatures] }),
      ),
    activate: (s: Submission, deals: DealId[], seed: Hex, proofHashes: Hex[], verifierSignatures: Hex[][]) =>
      toDeals(
        s,
        encodeFunctionData({
          abi: storageDealsAbi,
          functionName: "activate",
          args: [deals, seed, proofHashes, verifierSignatures],
        }),
      ),
    cancel: (s: Submission, deals: DealId[]) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "cancel", args: [deals] })),
    expire: (s: Submission, deals: DealId[]) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "expire", args: [deals] })),
    terminate: (s: Submission, termination: Message<"Termination">, ownerSignature: Hex) =>
      toDeals(
        s,
        encodeFunctionData({ abi: storageDealsAbi, functionName: "terminate", args: [termination, ownerSignature] }),
      ),
    claim: (s: Submission, leaves: VerdictLeaf[], paths: Hex[][]) =>
      toDeals(
        s,
        encodeFunctionData({
          abi: storageDealsAbi,
          functionName: "claim",
          args: [leaves.map(leafArgument), paths],
        }),
      ),
    close: (s: Submission, leaf: VerdictLeaf, path: Hex[]) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "close", args: [leafArgument(leaf), path] })),
    closeVoid: (s: Submission, deal: DealId) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "closeVoid", args: [deal] })),
    fail: (s: Submission, leaf: VerdictLeaf, path: Hex[]) =>
      toDeals(s, encodeFunctionData({ abi: storageDealsAbi, functionName: "fail", args: [leafArgument(leaf), path] })),
    releaseReserve: (s: Submission, { owner, documentHash }: PackageRef) =>
      toDeals(
        s,
        encodeFunctionData({ abi: storageDealsAbi, functionName: "releaseReserve", args: [owner, documentHash] }),
      ),

    registerSet: (s: Submission, verifiers: Address[], quorum: number) =>
      toLedger(s, encodeFunctionData({ abi: proofLedgerAbi, functionName: "registerSet", args: [verifiers, quorum] })),
    openPeriod: (s: Submission) => toLedger(s, encodeFunctionData({ abi: proofLedgerAbi, functionName: "openPeriod" })),
    drawSeed: (s: Submission, period: number) =>
      toLedger(s, encodeFunctionData({ abi: proofLedgerAbi, functionName: "drawSeed", args: [BigInt(period)] })),
    vote: (s: Submission, set: Hex, period: number, root: Hex, leafFileHash: Hex, leaves: number) =>
      toLedger(
        s,
        encodeFunctionData({
          abi: proofLedgerAbi,
          functionName: "vote",
          args: [set, BigInt(period), root, leafFileHash, leaves],
        }),
        VOTE_GAS_FACTOR,
      ),
    provePossession: (s: Submission, deal: DealId, period: number, leaves: Hex[], siblings: Hex[]) =>
      toLedger(
        s,
        encodeFunctionData({
          abi: proofLedgerAbi,
          functionName: "provePossession",
          args: [deal, BigInt(period), leaves, siblings],
        }),
      ),
  };
}
