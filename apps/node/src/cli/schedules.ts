import type { ScheduleJson } from "@cairn/client";
import { findPackage, parseTarget } from "@cairn/owner/find-package";
import { listPackages } from "@cairn/owner/list-packages";
import { mainName } from "@cairn/owner/package-name";
import { loadLookupKey } from "../account/load-secrets.ts";
import { minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { ownerPorts } from "./owner-ports.ts";
import { everyWords } from "./parse-every.ts";
import { type CommonOptions, openSession, requireOwner, type Session } from "./session.ts";

export interface ScheduleOptions extends CommonOptions {
  full?: boolean;
  /** Seconds. */
  every?: number;
}

/** Have a package, or the pieces in which a part of it lies, or all packages be checked again and again, now for the first time. */
export async function addSchedule(
  target: string | undefined,
  { every, full, ...options }: ScheduleOptions,
): Promise<void> {
  const session = await openSession(options);
  const of = target === undefined ? {} : await subjectOf(session, target);
  const schedule = await session.client.schedules.add({ ...of, kind: full ? "full" : "scrub", everySeconds: every! });
  session.output.result(schedule);
  session.output.say(
    `${target ?? "All packages"} will be checked ${everyWords(schedule.everySeconds)}, now for the first time (schedule ${schedule.id}). \`cairn check --schedules\` says how it went, \`cairn check --remove ${schedule.id}\` ends it.`,
  );
}

async function subjectOf(session: Session, target: string): Promise<{ package: string; pieces?: number[] }> {
  const ports = ownerPorts(session, await requireOwner(session.home));
  const { name, path } = parseTarget(target);
  if (path === "") return { package: (await findPackage(ports, name)).id };
  const { piecesOfTarget } = await import("@cairn/owner/check-package");
  const { id, pieces } = await piecesOfTarget(ports, target);
  return { package: id, ...(pieces === undefined ? {} : { pieces }) };
}

/** What is checked by itself, when next, and how it went last. */
export async function listSchedules(options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const { schedules } = await session.client.schedules.list();
  session.output.result(schedules);
  if (schedules.length === 0) {
    session.output.say("Nothing is checked by schedule. Begin with `cairn check PACKAGE --every week`.");
    return;
  }
  const lookupKey = await loadLookupKey(session.home);
  const owner = lookupKey === undefined ? undefined : { lookupKey: lookupKey.lookupKey };
  const packages = await listPackages({ gateway: session.client, owner }, { all: true });
  const names = new Map(packages.map(({ id, name }) => [id, mainName(name, id)]));
  const rows = schedules.map((one) => [
    one.id,
    one.package === null ? "all packages" : (names.get(one.package) ?? one.package),
    one.pieces === null ? "all" : one.pieces.join(", ").slice(0, 40),
    one.kind === "full" ? "in full" : "re-read and proved",
    everyWords(one.everySeconds),
    minuteWords(one.nextAt),
    lastOf(one),
  ]);
  session.output.say(table(["schedule", "package", "pieces", "how", "how often", "next", "last"], rows));
}

function lastOf({ lastCheck, waiting, missed }: ScheduleJson): string {
  const went =
    lastCheck === null
      ? waiting > 0
        ? "about to begin"
        : "—"
      : lastCheck.state === "running"
        ? "under way"
        : `${lastCheck.ok ? "sound" : "not all sound"} ${minuteWords(lastCheck.finishedAt)}`;
  return missed > 0 ? `${went} (${missed} missed while the gateway was away)` : went;
}

export async function removeSchedule(id: string, options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  await session.client.schedules.remove(id);
  session.output.result({ removed: id });
  session.output.say(`Schedule ${id} is removed; a check of it that is under way goes on.`);
}
