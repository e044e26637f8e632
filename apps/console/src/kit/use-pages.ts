import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

/**
 * A list of the API that comes in pages (`next` is the `after` of the one that follows), for Table: `rows` and `more`.
 * @param key the concern first, then all that the answer depends on
 */
export function usePages<P extends { next: string | number | null }, T>(
  key: readonly unknown[],
  ask: (after: string | undefined) => Promise<P>,
  rowsOf: (page: P) => readonly T[],
) {
  const query = useInfiniteQuery({
    queryKey: [...key],
    queryFn: ({ pageParam }) => ask(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => (next === null ? undefined : String(next)),
    // What was found before stays while another order is asked for.
    placeholderData: (before) => before,
  });
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: how rows are taken from a page does not change
  const rows = useMemo(() => data?.pages.flatMap((page) => [...rowsOf(page)]), [data]);
  const load = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return { query, rows, more: { has: hasNextPage, busy: isFetchingNextPage, load } };
}
