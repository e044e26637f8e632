import { Link } from "@tanstack/react-router";
import { useNow } from "../kit/index.ts";
import { keys as words } from "../words/keys.ts";
import { useKeysState } from "./keys.ts";

/** Minutes and seconds that are left: `14:59`. */
export function countdown(until: number, now: number): string {
  const left = Math.max(0, Math.round(until / 1000 - now));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

/** On every page: whether the key is open, and for how long. */
export function KeyLamp() {
  const state = useKeysState();
  if (state.at === "opening") return null;
  if (state.at === "none") {
    return (
      <Link to="/settings/keys" className="key-lamp" data-state="none" title={words.lamp.noneHint}>
        {words.lamp.none}
      </Link>
    );
  }
  if (state.openUntil === null) {
    return (
      <Link to="/settings/keys" className="key-lamp" data-state="locked" title={words.lamp.lockedHint}>
        {words.lamp.locked}
      </Link>
    );
  }
  return <OpenLamp until={state.openUntil} />;
}

function OpenLamp({ until }: { until: number }) {
  const now = useNow(1);
  return (
    <Link to="/settings/keys" className="key-lamp numbers" data-state="open" title={words.lamp.openHint}>
      {words.lamp.open(countdown(until, now))}
    </Link>
  );
}
