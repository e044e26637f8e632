import { type DownstreamFile, parseDownstreamFile } from "@cairn/doors/downstream";
import { doorDirectory, doorSettings } from "../home/door-home.ts";
import { type Home, writeWhole } from "../home/home.ts";

export const downstreamDirectory = (home: Home): string => doorDirectory(home, "downstream");

/** What the home's settings file says; empty when there is none. Throws `bad-settings`, `home-unreadable`, `home-corrupt`. */
export async function readDownstreamFile(home: Home): Promise<DownstreamFile> {
  const { where, read } = doorSettings(home, "downstream");
  const value = await read();
  return value === undefined ? {} : parseDownstreamFile(value, where);
}

/** Change some of the home's settings for good. */
export async function changeDownstreamFile(home: Home, change: DownstreamFile): Promise<void> {
  const settings = { ...(await readDownstreamFile(home)), ...change };
  await writeWhole(doorSettings(home, "downstream").where, `${JSON.stringify(settings, null, 2)}\n`);
}
