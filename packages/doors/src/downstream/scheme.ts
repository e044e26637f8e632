/** A heartbeat type as it is named on the wire. */
export type Scheme = "Merkle" | "Swizzle";
