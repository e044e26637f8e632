/** How commands write figures. */
export { compareCoins, exactCoins, formatCoins, heldCoins } from "@cairn/core/coins";
export { counted, formatBytes, formatDuration, minuteWords } from "@cairn/core/format";
