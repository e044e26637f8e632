export { downstreamMigrations } from "./migrations.ts";
export type { Scheme } from "./scheme.ts";
export { DEFAULT_SETTINGS, type DownstreamSettings } from "./settings.ts";
export type {
  Answer,
  AnswerOutcome,
  ContractChallenge,
  FileHash,
  HandedChunk,
  HandOut,
  Registration,
  VerificationNode,
  WireObject,
} from "./verification-node.ts";
