// A text as one part of an address. Half of a surrogate pair, which a hostile report may have, is no
// text that an address can hold: it stands there as the sign for what can't be shown.

export const pathPart = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
