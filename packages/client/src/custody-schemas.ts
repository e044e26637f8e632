import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";
import { AddressText, Hash, PackageIdText } from "./schemas.ts";

/** Wire schemas of what deals came to, period by period, and of checks that come by schedule. */
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Seconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" });
const Never = Type.Union([Seconds, Type.Null()]);
const Next = Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" });

export const ProofSpanJson = Type.Object({
  from: Type.Integer({ description: "a period" }),
  to: Type.Integer({ description: "the last period of the span" }),
  since: Type.Integer({ description: "when the first of them began, UNIX seconds" }),
  until: Type.Integer({ description: "when the last of them ended, UNIX seconds" }),
  outcome: Type.String({
    description:
      "proved | chain (proved on chain) | late | silent | held | unheard | damaged | wrong | off-duty | mixed (old spans put together) | void (nobody judged them) | pending (not judged yet)",
  }),
  counted: Type.Integer({ minimum: 0, description: "periods with a verdict in which the provider was on duty" }),
  proved: Type.Integer({ minimum: 0, description: "those in which the verifiers had its proof" }),
  onChain: Type.Integer({ minimum: 0, description: "those in which it proved on chain" }),
});
export type ProofSpanJson = Static<typeof ProofSpanJson>;

/** Every period of a deal from the first in which something was due, oldest first. */
export const DealProofsJson = Type.Object({
  deal: Hash,
  piece: Count,
  shard: Count,
  provider: AddressText,
  state: Type.String(),
  spans: Type.Array(ProofSpanJson),
});
export type DealProofsJson = Static<typeof DealProofsJson>;
export const ProofsPageJson = Type.Object({ deals: Type.Array(DealProofsJson), next: Next });
export type ProofsPageJson = Static<typeof ProofsPageJson>;

const KindText = Type.Union([Type.Literal("scrub"), Type.Literal("full")]);
const Pieces = Type.Array(Type.Integer({ minimum: 0, maximum: 100_000 }), { minItems: 1, maxItems: 1000 });
const Every = Type.Integer({ minimum: 1, maximum: 315_360_000, description: "seconds between two checks" });

export const ScheduleJson = Type.Object({
  id: Type.String({ pattern: "^[0-9a-f]{16}$" }),
  package: Type.Union([PackageIdText, Type.Null()], { description: "null: all packages that the account has then" }),
  pieces: Type.Union([Type.Array(Count), Type.Null()], { description: "null: all of them" }),
  kind: KindText,
  everySeconds: Every,
  nextAt: Seconds,
  createdAt: Seconds,
  lastAt: Never,
  missed: Type.Integer({
    minimum: 0,
    description: "times that went by while no gateway ran: one check made up for them",
  }),
  waiting: Type.Integer({ minimum: 0, description: "checks that are due or under way" }),
  lastCheck: Type.Union([
    Type.Object({
      id: Type.String(),
      state: Type.Union([Type.Literal("running"), Type.Literal("done")]),
      ok: Type.Boolean(),
      startedAt: Seconds,
      finishedAt: Never,
    }),
    Type.Null(),
  ]),
});
export type ScheduleJson = Static<typeof ScheduleJson>;
export const SchedulesJson = Type.Object({ schedules: Type.Array(ScheduleJson) });
export type SchedulesJson = Static<typeof SchedulesJson>;

export const NewScheduleJson = Type.Object({
  package: Type.Optional(PackageIdText),
  pieces: Type.Optional(Pieces),
  kind: KindText,
  everySeconds: Every,
  startAt: Type.Optional(Seconds),
});
export type NewScheduleJson = Static<typeof NewScheduleJson>;
export const ChangeScheduleJson = Type.Object({
  everySeconds: Type.Optional(Every),
  startAt: Type.Optional(Seconds),
});
export type ChangeScheduleJson = Static<typeof ChangeScheduleJson>;
