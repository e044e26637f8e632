/** What is to be done with a path. */
type ReadTask =
  | { kind: "list" }
  | {
      kind: "pack";
      packageId: string;
      layout: "private" | "plain";
      pieceLimit: number;
      publicKey: string;
      allowEmpty?: boolean;
    };

interface ReadPath {
  /** Absolute. */
  path: string;
  /** The folder, of those that the operator named, that it lies at or below. */
  folder: string;
}

/** What the gateway wants read, for an account. */
export type ReadOrder = ReadTask & ReadPath & { account: string };

/** What a reader is asked for, as JSON on its standard input. */
export type ReadRequest = ReadTask &
  ReadPath & {
    /** The gateway's own folders, absolute: nothing in them is read, however it is reached. */
    kept: readonly string[];
  };

export interface ListedFolder {
  entries: { name: string; kind: "directory" | "file"; size: number | null }[];
  left: number;
}
