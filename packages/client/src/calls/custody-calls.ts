import { DoneJson } from "../account-schemas.ts";
import {
  type ChangeScheduleJson,
  DealProofsJson,
  type NewScheduleJson,
  ProofsPageJson,
  ScheduleJson,
  SchedulesJson,
} from "../custody-schemas.ts";
import type { Caller } from "./caller.ts";

/** What deals came to, period by period. */
export const proofCalls = ({ call, pages }: Caller) => ({
  ofDeal: (deal: string) => call(DealProofsJson, `/deals/${deal}/proofs`),
  ofPackage: (id: string): Promise<DealProofsJson[]> =>
    pages(ProofsPageJson, `/packages/${id}/proofs`, ({ deals }) => deals),
});

/** Checks that come by themselves. */
export const scheduleCalls = ({ call }: Caller) => ({
  list: () => call(SchedulesJson, "/check-schedules"),
  add: (body: NewScheduleJson) => call(ScheduleJson, "/check-schedules", { method: "POST", body }),
  change: (id: string, body: ChangeScheduleJson) =>
    call(ScheduleJson, `/check-schedules/${id}`, { method: "PUT", body }),
  remove: (id: string) => call(DoneJson, `/check-schedules/${id}`, { method: "DELETE" }),
});
