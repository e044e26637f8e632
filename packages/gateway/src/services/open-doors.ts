import {
  type Door,
  type DoorEngine,
  type DoorHost,
  type HostedDoor,
  openDoor,
  type SettingsSource,
} from "@cairn/doors";
import { machineClock } from "@cairn/process";
import type { Service } from "../services.ts";
import { allEnded } from "./all-ended.ts";

/** A door, and where its settings and files are. */
export interface DoorPlace {
  door: Door;
  directory: string;
  settings: SettingsSource;
}

export interface OpenDoorsOptions {
  doors: readonly DoorPlace[];
  host: Omit<DoorHost, "clock" | "directory" | "engine" | "settings">;
  engine: DoorEngine;
}

const clock = { ...machineClock, now: () => Date.now() / 1000 };

/**
 * Opens each door, and starts those that are always there or have work; the last one is stopped first.
 * @throws whatever the first that does not open or start throws, when those before it are stopped
 */
export function openDoors({ doors, host, engine }: OpenDoorsOptions): Service<HostedDoor[]> {
  const open: HostedDoor[] = [];
  const stop = async () => {
    const stopped: Promise<void>[] = [];
    for (let door = open.pop(); door !== undefined; door = open.pop()) {
      const stopping = door.stop();
      stopped.push(stopping);
      // One that fails keeps none of the others running.
      await stopping.catch(() => undefined);
    }
    await allEnded(stopped);
  };
  return {
    name: "doors",
    async start() {
      try {
        for (const { door, directory, settings } of doors) {
          open.push(await openDoor(door, { ...host, clock, directory, settings, engine }));
        }
        for (const door of open) await door.startIfNeeded();
      } catch (error) {
        // What failed first is what is told.
        await stop().catch((failed: unknown) => host.log.error({ err: failed }, "a door did not stop as it should"));
        throw error;
      }
      return [...open];
    },
    stop,
  };
}
