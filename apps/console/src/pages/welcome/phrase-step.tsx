import { Link } from "@tanstack/react-router";
import { useKeysState } from "../../keys/keys.ts";
import { Card } from "../../kit/index.ts";
import { welcome } from "../../words/keys.ts";
import { phrase } from "../../words/phrase.ts";
import { PhraseCard } from "../settings/keys/phrase-card.tsx";
import { usePhraseWork } from "../settings/keys/phrase-work.ts";

/** 24 words that bring all of it back; made here or later. */
export function PhraseStep() {
  const keys = useKeysState();
  const work = usePhraseWork();
  if (keys.at !== "held") {
    return (
      <Card title={phrase.title}>
        <div className="stack">
          <p>{phrase.body}</p>
          <p>{welcome.phrase.first}</p>
          <div className="row">
            <Link className="button" to="/welcome" search={{ step: "key" }}>
              {welcome.back}
            </Link>
          </div>
        </div>
      </Card>
    );
  }
  return (
    <>
      <PhraseCard held={keys.held} />
      {work.at === "shown" ? null : (
        <div className="row">
          <Link className="button" to="/welcome" search={{ step: "folder" }}>
            {keys.held.phrase === undefined ? welcome.phrase.later : welcome.next}
          </Link>
        </div>
      )}
    </>
  );
}
