import type { PieceSink } from "@cairn/archive/browser";
import { PartUpload } from "@cairn/client/part-upload";
import { PieceUpload } from "./piece-upload.ts";
import type { Gateway } from "./ports.ts";

/** Where a packer's pieces go. */
export interface UploadSink extends PieceSink {
  /** Resolves when the gateway has everything. */
  finish(): Promise<void>;
}

/** Opens the upload of a package, of whose pieces the gateway has `received` bytes each already. */
export type OpenUpload = (
  gateway: Pick<Gateway, "appendPiece" | "package">,
  id: string,
  signal: AbortSignal,
  received: readonly number[],
) => UploadSink;

/** Each piece as one streamed request. */
export const streamedUpload: OpenUpload = (gateway, id, signal, received) =>
  new PieceUpload(gateway, id, signal, received);

/** In parts, each a request of its own: for browsers, which send no streams. */
export const uploadInParts: OpenUpload = (gateway, id, signal, received) =>
  new PartUpload(gateway, id, { signal, received });
