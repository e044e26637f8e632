import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";
import { ErrorBodyJson } from "./schemas.ts";

/** Wire schemas of what the gateway stores from folders of its own machine. */
const Bytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const VaultFolderJson = Type.Object({
  folders: Type.Array(Type.String(), {
    description:
      "folders of the gateway's machine that users may store from, as its operator named them; none unless it did",
  }),
  path: Type.Union([Type.String(), Type.Null()], { description: "what was listed; null where no path was asked for" }),
  entries: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.Union([Type.Literal("directory"), Type.Literal("file")]),
      size: Type.Union([Bytes, Type.Null()], { description: "bytes of a file" }),
    }),
  ),
  left: Type.Integer({
    minimum: 0,
    description:
      "entries that are not shown: beyond the first 1000, links, special files, names that are no plain text",
  }),
});
export type VaultFolderJson = Static<typeof VaultFolderJson>;

export const NewVaultUploadJson = Type.Object({
  path: Type.String({ minLength: 1, maxLength: 4095, description: "a folder or file of the gateway's machine" }),
  layout: Type.Union([Type.Literal("private"), Type.Literal("plain")]),
  pieceLimit: Type.Integer({
    minimum: 1_000,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "most bytes of a piece, header included",
  }),
  publicKey: Type.String({
    minLength: 1,
    maxLength: 32_768,
    description: "the owner's OpenPGP public key, armoured: what is stored is encrypted to it",
  }),
  allowEmpty: Type.Optional(Type.Boolean({ description: "store a folder without files, too" })),
});
export type NewVaultUploadJson = Static<typeof NewVaultUploadJson>;

export const VaultUploadJson = Type.Object({
  path: Type.String(),
  state: Type.String({
    description:
      "queued | running | done (all of it is uploaded; the draft of the manifest stands where the manifest will) | failed | cancelled",
  }),
  files: Bytes,
  done: Type.Integer({ minimum: 0, description: "bytes that were read and encrypted" }),
  total: Type.Integer({ minimum: 0, description: "bytes that were found" }),
  skipped: Type.Integer({ minimum: 0, description: "special files that were left out" }),
  error: Type.Union([ErrorBodyJson, Type.Null()], { description: "why it failed, or why it waits to be tried again" }),
});
export type VaultUploadJson = Static<typeof VaultUploadJson>;
