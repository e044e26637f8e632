/** How bytes and names become a DAG. */
export interface DagProfile {
  /** Bytes in a leaf. */
  chunk: number;
  /** Links in an inner node of a file. */
  links: number;
  /** A directory whose block would be longer than this becomes a HAMT of fan-out 256. */
  shardAbove: number;
}

/** IPIP-499 `unixfs-v1-2025`: any tool that follows it gives the same root for the same tree. */
export const UNIXFS_V1_2025: DagProfile = { chunk: 1_048_576, links: 1024, shardAbove: 262_144 };
