import { join } from "node:path";
import type { SettingsSource } from "@cairn/doors";
import { type Home, readJson } from "./home.ts";

/** A door's folder in a home: its settings, and what it keeps in files. */
export const doorDirectory = (home: Home, door: string): string => join(home.directory, door);

/** What a door's settings file says. Reading throws `home-unreadable`, `home-corrupt`. */
export function doorSettings(home: Home, door: string): SettingsSource {
  const where = join(doorDirectory(home, door), "settings.json");
  return { where, read: () => readJson<unknown>(where) };
}
