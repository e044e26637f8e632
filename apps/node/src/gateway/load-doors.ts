import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Door } from "@cairn/doors";
import { CairnError } from "@cairn/protocol";
import { DOORS } from "../doors.ts";

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * The gateway's doors: ours, and those that CAIRN_DOORS names, each a module that exports a `door` (packages/doors/src/door.ts), with commas between them.
 * They run with all that the gateway may do.
 * @throws CairnError `bad-settings`
 */
export async function loadDoors(environment: NodeJS.ProcessEnv = process.env): Promise<Door[]> {
  const doors: Door[] = [...DOORS];
  for (const path of (environment.CAIRN_DOORS ?? "").split(",").map((one) => one.trim())) {
    if (path === "") continue;
    const door = await loadDoor(path);
    const taken = doors.find(
      (other) => other.name === door.name || other.prefixes.some((prefix) => door.prefixes.includes(prefix)),
    );
    if (taken !== undefined) throw bad(path, `shares its name or a prefix with the door ${taken.name}`);
    doors.push(door);
  }
  return doors;
}

async function loadDoor(path: string): Promise<Door> {
  let loaded: { door?: Partial<Door> };
  try {
    loaded = (await import(pathToFileURL(isAbsolute(path) ? path : resolve(path)).href)) as { door?: Partial<Door> };
  } catch (cause) {
    throw bad(path, `cannot be loaded: ${(cause as Error).message}`, cause);
  }
  const { door } = loaded;
  const isDoor =
    typeof door?.name === "string" &&
    NAME.test(door.name) &&
    typeof door.open === "function" &&
    Array.isArray(door.prefixes) &&
    door.prefixes.every((prefix) => typeof prefix === "string" && /^\/[^?#]+$/.test(prefix)) &&
    Array.isArray(door.migrations);
  if (isDoor) return door as Door;
  throw bad(path, "exports no `door`");
}

const bad = (path: string, why: string, cause?: unknown) =>
  new CairnError(`${path}, which CAIRN_DOORS names, ${why}`, {
    code: "bad-settings",
    kind: "input",
    cause,
    next: "Set CAIRN_DOORS to the paths of modules that export a door as packages/doors/src/door.ts has it, or unset it.",
  });
