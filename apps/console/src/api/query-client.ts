import { isAway } from "@cairn/client";
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { sessionIsOver } from "../session/session.ts";

/** How often a question is asked again by itself while the gateway is away. */
const AGAIN_TIMES = 5;
const LONGEST_PAUSE = 5_000;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => void sessionIsOver(error) }),
  defaultOptions: {
    queries: {
      // A machine without the internet still has its gateway.
      networkMode: "always",
      // Live events say when something is stale.
      staleTime: 30_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => isAway(error) && failures < AGAIN_TIMES,
      retryDelay: (failures) => Math.min(LONGEST_PAUSE, 500 * 2 ** failures),
    },
    mutations: { networkMode: "always", onError: (error) => void sessionIsOver(error) },
  },
});
