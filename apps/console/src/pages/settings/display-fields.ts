/** The account's settings that the page of display sets; the others are set where storing is. */
export const DISPLAY_FIELDS = ["confirmations", "explorer", "currency"] as const;
