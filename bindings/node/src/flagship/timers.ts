/** In milliseconds: Node takes what is longer for 1. */
export const longestTimer = 2 ** 31 - 1;
