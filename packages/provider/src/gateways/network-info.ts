import { type Deployment, PROFILES, type Profile } from "@cairn/core";
import type { Address, Hex } from "@cairn/protocol";
import { type Fields, fieldsOf } from "@cairn/protocol/wire";

/** What `GET /api/v1/network` says, as far as a provider needs it. */
export interface NetworkInfo {
  chainUrl: string;
  executor: Address;
  verifierSet: Hex;
  deployment: Deployment;
  blockSeconds: number;
  heartbeatSeconds: number;
  scrubSeconds: number;
}

const MAX_TIME = 2 ** 40;
const MAX_SPAN = 2 ** 31;

/** @throws CairnError `bad-message` */
export function deploymentFromJson(fields: Fields): Deployment {
  return {
    chainId: fields.integer("chainId", 1, Number.MAX_SAFE_INTEGER),
    deals: fields.address("deals"),
    registry: fields.address("registry"),
    ledger: fields.address("ledger"),
    genesisTime: fields.integer("genesisTime", 0, MAX_TIME),
    periodSeconds: fields.integer("periodSeconds", 1, MAX_SPAN),
    graceSeconds: fields.integer("graceSeconds", 0, MAX_SPAN),
    disputePeriods: fields.integer("disputePeriods", 0, MAX_SPAN),
    voteWindowPeriods: fields.integer("voteWindowPeriods", 0, MAX_SPAN),
    proposalSeconds: fields.integer("proposalSeconds", 0, MAX_SPAN),
    deployedAt: fields.integer("deployedAt", 0, Number.MAX_SAFE_INTEGER),
  };
}

/** Parse a gateway's answer; a relative chain URL is taken from `base`. @throws CairnError `bad-message` */
export function networkInfoFromJson(json: unknown, base: URL): NetworkInfo {
  const fields = fieldsOf("network", json);
  const profile = fields.text("profile", /^[a-z]+$/, 32);
  const known = Object.hasOwn(PROFILES, profile) ? PROFILES[profile as Profile["name"]] : PROFILES.real;
  return {
    chainUrl: new URL(fields.text("chainUrl", /^(https?:\/\/|wss?:\/\/|\/)[^\s]*$/, 1024), base).href,
    executor: fields.address("executor"),
    verifierSet: fields.hex32("verifierSet"),
    deployment: deploymentFromJson(fields.object("deployment")),
    blockSeconds: known.blockSeconds,
    heartbeatSeconds: known.heartbeatSeconds,
    scrubSeconds: fields.integer("scrubSeconds", 1, MAX_SPAN),
  };
}
