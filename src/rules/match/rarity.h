/* How often a piece of text is likely to stand in the values of event logs: a guess from a short
 * list of common words and of letters by frequency. It only decides which part of a rule is looked
 * for first; a wrong guess costs time, never a finding. */
#ifndef IMPOUND_RULES_RARITY_H
#define IMPOUND_RULES_RARITY_H

#include "base/bytes.h"

#define RARITY_GRAM 4U /* bytes that are looked for at once */

struct rarity {
    uint64_t everywhere[1024]; /* bitmaps over hashes of grams */
    uint64_t common[1024];
    float letters[256]; /* share of each byte */
};

void rarity_init(struct rarity *rarity);

/* Where to look for a folded literal: its rarest gram. */
struct anchor {
    uint32_t offset; /* of the gram in the literal */
    uint32_t width;  /* 4, or all 3 or 2 of a short literal; 0: too short to be looked for */
    float rate;      /* how often the gram is expected in one byte of text */
};

struct anchor rarity_anchor(const struct rarity *rarity, struct bytes literal);

/* The share of values that are expected to hold, end with, or be the literal. */
float rarity_contains(const struct rarity *rarity, struct bytes literal);
float rarity_edge(const struct rarity *rarity, struct bytes literal);
float rarity_equals(const struct rarity *rarity, struct bytes literal);

#endif
