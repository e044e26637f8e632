import type { FiguresJson, PackageJson } from "@cairn/client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useKeysState } from "../../keys/keys.ts";
import { Empty, type Mood, State } from "../../kit/index.ts";
import { Name } from "../../names/name.tsx";
import { overview } from "../../words/overview.ts";
import { moodOf, needsPerson, nextOf } from "../packages/mood.ts";
import { mostPressing } from "./most-pressing.ts";

const words = overview;
const SHOWN = 20;

interface Need {
  key: string;
  mood: Mood;
  what: ReactNode;
  next: ReactNode;
}

/** What only the person can do, the most pressing first. */
export function Needs({ packages, figures }: { packages: readonly PackageJson[]; figures: FiguresJson | undefined }) {
  const keys = useKeysState();
  if (packages.length === 0) {
    return (
      <Empty
        title={words.empty.title}
        action={
          <Link className="button" data-kind="main" to="/welcome">
            {words.empty.action}
          </Link>
        }
      >
        {words.empty.body}
      </Empty>
    );
  }
  // What is of the whole account stands before single packages that are as bad.
  const needs: Need[] = [];
  if (keys.at === "held" && keys.held.savedAt === null) {
    needs.push({
      key: "copy",
      mood: "warn",
      what: words.need.copy,
      next: <Link to="/settings/keys">{words.need.copyNext}</Link>,
    });
  }
  if (figures !== undefined && BigInt(figures.deposit) === 0n) {
    needs.push({
      key: "deposit",
      mood: "warn",
      what: words.need.deposit,
      next: <Link to="/wallets">{words.need.depositNext}</Link>,
    });
  }
  if (figures !== undefined && figures.expiring.days30 > 0) {
    needs.push({
      key: "expiring",
      mood: "warn",
      what: words.need.expiring(figures.expiring.days30),
      next: (
        <Link to="/deals" search={{ sort: "ends", order: "asc", states: "ACTIVE" }}>
          {words.need.expiringNext}
        </Link>
      ),
    });
  }
  const ofPackages: Need[] = packages.filter(needsPerson).map((one) => ({
    key: one.id,
    mood: moodOf(one.state),
    what: (
      <>
        <Link to="/packages/$id" params={{ id: one.id }}>
          <Name of={one} />
        </Link>
        : {one.cause ?? one.state.toLowerCase()}
      </>
    ),
    next: nextOf(one),
  }));
  const { shown, more } = mostPressing([...needs, ...ofPackages], SHOWN);
  if (shown.length === 0) return <State mood="good">{words.calm}</State>;
  return (
    <ul className="list">
      {shown.map(({ key, mood, what, next }) => (
        <li key={key}>
          <State mood={mood} next={next}>
            {what}
          </State>
        </li>
      ))}
      {more === 0 ? null : (
        <li>
          <Link to="/packages">{words.need.more(more)}</Link>
        </li>
      )}
    </ul>
  );
}
