/** What a reader is asked for, as JSON on its standard input. */
export type ReadRequest = {
  /** Absolute. */
  path: string;
  /** The folder, of those that the operator named, that it lies at or below. */
  folder: string;
} & (
  | { kind: "list" }
  | {
      kind: "pack";
      packageId: string;
      layout: "private" | "plain";
      pieceLimit: number;
      publicKey: string;
      allowEmpty?: boolean;
    }
);

export interface ListedFolder {
  entries: { name: string; kind: "directory" | "file"; size: number | null }[];
  left: number;
}
