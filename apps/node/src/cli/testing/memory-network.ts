import { randomBytes } from "node:crypto";
import type { NetworkJson } from "@cairn/client";
import type { Hex } from "@cairn/protocol";
import { encodeAbiParameters, keccak256 } from "viem";

export const hex = (bytes: number): Hex => `0x${randomBytes(bytes).toString("hex")}`;
export const now = () => Math.floor(Date.now() / 1000);

const verifiers: Hex[] = [hex(20), hex(20), hex(20)].toSorted();
export const deployment = {
  chainId: 26170,
  deals: hex(20),
  registry: hex(20),
  ledger: hex(20),
  genesisTime: 1_700_000_000,
  periodSeconds: 3600,
  graceSeconds: 60,
  disputePeriods: 24,
  voteWindowPeriods: 4,
  proposalSeconds: 86_400,
  deployedAt: 1,
};

export const network: NetworkJson = {
  version: "0.1.0",
  profile: "local",
  chainUrl: "http://127.0.0.1:1",
  executor: hex(20),
  verifierSet: keccak256(encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [verifiers, 2])),
  verifiers,
  quorum: 2,
  operators: 1,
  deployment,
  defaults: { k: 2, n: 4, days: 180 },
  pieceLimit: 1_000_000,
  scrubSeconds: 60,
  faucet: false,
};
