/** In milliseconds. Node treats a longer delay as one of 1 ms. */
export const longestTimer = 2 ** 31 - 1;
