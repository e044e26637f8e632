export {
  type Door,
  type DoorContext,
  type DoorEngine,
  type DoorPort,
  type House,
  isBelow,
  type OpenDoor,
} from "./door.ts";
export { type DoorHost, type HostedDoor, openDoor, type SettingsSource } from "./open-door.ts";
export { parseSettings } from "./settings.ts";
