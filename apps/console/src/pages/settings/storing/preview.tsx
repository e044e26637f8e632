import type { PreviewJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../../../api/client.ts";
import { coins } from "../../../format/coins.ts";
import { Card, Choice, Coins, Problem, State, Waiting } from "../../../kit/index.ts";
import { storing } from "../../../words/settings.ts";
import { type Defaults, previewOf, type Read } from "./draft.ts";

const words = storing.preview;
/** After the last key: the gateway counts how often it is asked. */
const PAUSE_MILLISECONDS = 400;
const SIZES = Object.entries(words.sizes);

/** While a provider is away. */
const AWAY_MILLISECONDS = 10_000;

/** What an upload by the draft would meet, asked anew as the draft, or a provider, changes. What was found before stays until then. */
export function usePreview(read: Read, defaults: Defaults, bytes: number) {
  const wanted = JSON.stringify(previewOf(read, defaults, bytes));
  const sound = Object.keys(read.faults).length === 0;
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    if (!sound) return;
    const timer = setTimeout(() => setAsked(wanted), PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [wanted, sound]);
  return useQuery({
    queryKey: ["providers", "preview", asked],
    queryFn: () => client.net.preview(JSON.parse(asked) as object),
    placeholderData: (before) => before,
    // That a provider came back is no event: those of a gateway that has just started come one by one.
    refetchInterval: ({ state }) =>
      state.data?.providers.some(({ rule }) => rule === "away") ? AWAY_MILLISECONDS : false,
  });
}

export interface PreviewCardProps {
  preview: Pick<ReturnType<typeof usePreview>, "data" | "error">;
  size: number;
  onSize: (bytes: number) => void;
  /** Something typed cannot be asked about. */
  unasked: boolean;
}

export function PreviewCard({ preview: { data, error }, size, onSize, unasked }: PreviewCardProps) {
  return (
    <Card title={words.title}>
      <div className="stack">
        <Choice label={words.size} value={String(size)} choices={SIZES} onChange={(next) => onSize(Number(next))} />
        <div className="stack" aria-live="polite">
          {unasked ? <State mood="bad">{words.unasked}</State> : error === null ? null : <Problem error={error} />}
          {unasked || error !== null ? null : data === undefined ? <Waiting /> : <Found {...data} />}
        </div>
      </div>
    </Card>
  );
}

function Found({ summary, enough, cause, next, needed, uncovered, price }: PreviewJson) {
  return (
    <>
      <State mood={enough ? "good" : "bad"} next={next}>
        {summary}
        {cause === null ? null : ` ${sentence(cause)}`}
      </State>
      {enough ? <p className="soft">{words.needed(needed)}</p> : null}
      {price.expected === null ? (
        <p className="soft">{words.unknown}</p>
      ) : (
        <div>
          <p className="price">
            <Coins of={price.expected} /> CAIRN
          </p>
          <p className="soft">
            {words.price(price.days)}
            {price.least === null || price.most === null
              ? null
              : `, ${words.between(coins(price.least), coins(price.most))}`}
          </p>
        </div>
      )}
      {enough ? (
        <State mood={uncovered.length === 0 ? "good" : "warn"}>
          {uncovered.length === 0 ? words.always : words.uncovered(uncovered.length)}
        </State>
      ) : null}
    </>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
