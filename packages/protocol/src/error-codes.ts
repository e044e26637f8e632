import { ACCOUNTS_ERRORS } from "./error-codes/accounts.ts";
import { APP_ERRORS } from "./error-codes/app.ts";
import { ARCHIVE_ERRORS } from "./error-codes/archive.ts";
import { CHAIN_ERRORS } from "./error-codes/chain.ts";
import { DOORS_ERRORS } from "./error-codes/doors.ts";
import type { ErrorEntry } from "./error-codes/entry.ts";
import { MARKET_ERRORS } from "./error-codes/market.ts";
import { OWNER_ERRORS } from "./error-codes/owner.ts";
import { PLATFORM_ERRORS } from "./error-codes/platform.ts";
import { PROVIDERS_ERRORS } from "./error-codes/providers.ts";
import { SHARED_ERRORS } from "./error-codes/shared.ts";

/** Every error code, with the rooms that raise it. docs/errors.md is printed from here. */
export const ERROR_GROUPS = [
  {
    title: "Command line, console and gateway",
    rooms: ["apps/node", "apps/console", "packages/gateway"],
    errors: APP_ERRORS,
  },
  { title: "Owner's operations", rooms: ["packages/owner"], errors: OWNER_ERRORS },
  { title: "Packing and restoring", rooms: ["packages/archive"], errors: ARCHIVE_ERRORS },
  {
    title: "Packages and deals",
    rooms: ["packages/market", "packages/audit", "packages/catalog", "packages/blobs"],
    errors: MARKET_ERRORS,
  },
  { title: "Users, tokens, wallets and limits", rooms: ["packages/accounts"], errors: ACCOUNTS_ERRORS },
  { title: "Chain", rooms: ["packages/chain", "packages/contracts"], errors: CHAIN_ERRORS },
  {
    title: "Foundations",
    rooms: [
      "packages/core",
      "packages/protocol",
      "packages/proofs",
      "packages/process",
      "packages/database",
      "packages/client",
    ],
    errors: PLATFORM_ERRORS,
  },
  {
    title: "Providers and farmers",
    rooms: ["packages/provider", "packages/farmer", "packages/transport"],
    errors: PROVIDERS_ERRORS,
  },
  { title: "Doors", rooms: ["packages/doors"], errors: DOORS_ERRORS },
  { title: "Several rooms", rooms: [], errors: SHARED_ERRORS },
] as const;

type KeysOfEach<T> = T extends unknown ? keyof T : never;

/** A code of the table: stable, kebab-case. */
export type ErrorCode = KeysOfEach<(typeof ERROR_GROUPS)[number]["errors"]>;

const ENTRIES: ReadonlyMap<string, ErrorEntry> = new Map(
  ERROR_GROUPS.flatMap(({ errors }) => Object.entries<ErrorEntry>(errors)),
);

/** What the table says of a code; undefined for one that only another version knows. */
export const errorEntry = (code: string): ErrorEntry | undefined => ENTRIES.get(code);
