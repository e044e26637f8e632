/** The constants that make a network a quick local one or a real one. */
export interface Profile {
  name: "local" | "real" | "demo";
  chainId: number;
  /** A slot of the chain: how much time a full block stands for. Blocks are made when there is work, not every slot. */
  blockSeconds: number;
  /** Longest time between two blocks though nothing is to be done. */
  heartbeatSeconds: number;
  periodSeconds: number;
  graceSeconds: number;
  disputePeriods: number;
  voteWindowPeriods: number;
  proposalSeconds: number;
  /** How often a provider reads every byte it holds. */
  scrubSeconds: number;
  faucet: boolean;
  /** Whether operator groups are held to n − k shards of a piece. */
  operatorGroups: boolean;
  providers: number;
  k: number;
  n: number;
}

export const PROFILES: Record<Profile["name"], Profile> = {
  local: {
    name: "local",
    chainId: 26170,
    blockSeconds: 2,
    heartbeatSeconds: 15,
    periodSeconds: 60,
    graceSeconds: 6,
    disputePeriods: 1,
    voteWindowPeriods: 4,
    proposalSeconds: 3600,
    scrubSeconds: 60,
    faucet: true,
    operatorGroups: false,
    providers: 6,
    k: 2,
    n: 4,
  },
  demo: {
    name: "demo",
    chainId: 26171,
    blockSeconds: 1,
    heartbeatSeconds: 2,
    periodSeconds: 10,
    graceSeconds: 3,
    disputePeriods: 1,
    voteWindowPeriods: 8,
    proposalSeconds: 600,
    scrubSeconds: 5,
    faucet: true,
    operatorGroups: false,
    providers: 6,
    k: 2,
    n: 4,
  },
  real: {
    name: "real",
    chainId: 26180,
    blockSeconds: 10,
    heartbeatSeconds: 300,
    periodSeconds: 3600,
    graceSeconds: 60,
    disputePeriods: 24,
    voteWindowPeriods: 4,
    proposalSeconds: 86_400,
    scrubSeconds: 86_400,
    faucet: false,
    operatorGroups: true,
    providers: 0,
    k: 2,
    n: 4,
  },
};
