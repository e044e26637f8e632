import { manyAnswers, oneAnswer } from "./answer.ts";
import { type Call, type Handler, sendJson } from "./call.ts";
import { allChallenges, namedChallenges, oneChallenge } from "./challenge.ts";
import { newChunks } from "./chunk.ts";
import { deleteToken, heartbeat, newToken, nonce, rotateToken } from "./registration.ts";
import { shardBytes } from "./shards.ts";
import { listFarmers, showFarmer, statusListPath } from "./status.ts";

type Methods = { readonly [method: string]: Handler };

const DIGITS = /^\d+$/;
const alive = async (call: Call) => sendJson(call, '{"msg":"ok"}');
/** For what a GET makes or opens: asking for the headers alone makes and opens nothing. */
const nothing = async (call: Call) => sendJson(call, "");
const ROOT = reading(alive);

/** HEAD is answered as GET is, without the body, which the server leaves out. */
function reading(get: Handler): Methods {
  return { GET: get, HEAD: get };
}

/**
 * The handlers of a path, by method; undefined when there is no such path. Read by hand, as a router's limits and redirects are not this
 * protocol's.
 *
 * @param segments of the path below a prefix, decoded
 */
export function routesOf(segments: readonly string[]): Methods | undefined {
  const [place, first, second] = segments;
  const count = segments.length;
  if (count === 0 || (count === 1 && place === "")) return ROOT;
  if (place === "status") return statusRoutes(segments.slice(1));
  if (place === "token" && count === 1) return { POST: rotateToken, DELETE: deleteToken };
  if (first === undefined || first === "") return undefined;
  if (count === 2) return routesOfOne(place, first);
  if (count !== 3 || second === undefined || second === "") return undefined;
  switch (place) {
    case "chunk":
      return DIGITS.test(second) ? { GET: (call) => newChunks(call, first, second), HEAD: nothing } : undefined;
    case "challenge":
      return reading((call) => oneChallenge(call, first, second));
    case "answer":
      return { POST: (call) => oneAnswer(call, first, second) };
    default:
      return undefined;
  }
}

function routesOfOne(place: string | undefined, name: string): Methods | undefined {
  switch (place) {
    case "new":
      return { GET: (call) => newToken(call, name), HEAD: nothing, POST: (call) => newToken(call, name) };
    case "nonce":
      return { GET: (call) => nonce(call, name), HEAD: nothing };
    case "heartbeat":
      return reading((call) => heartbeat(call, name));
    case "chunk":
      return { GET: (call) => newChunks(call, name, undefined), HEAD: nothing };
    case "challenge":
      return { ...reading((call) => allChallenges(call, name)), POST: (call) => namedChallenges(call, name) };
    case "answer":
      return { POST: (call) => manyAnswers(call, name) };
    case "shard":
      return { GET: (call) => shardBytes(call, name), HEAD: nothing };
    default:
      return undefined;
  }
}

function statusRoutes(segments: readonly string[]): Methods | undefined {
  const [place, id = ""] = segments;
  if (place === "show" && id !== "" && (segments.length === 2 || (segments.length === 3 && segments[2] === ""))) {
    return reading((call) => showFarmer(call, id));
  }
  const path = place === "list" ? statusListPath(segments.slice(1)) : undefined;
  return path && reading((call) => listFarmers(call, path));
}
