/** How far the gateway's clock may be from ours. */
export const SKEW_SECONDS = 3600;
