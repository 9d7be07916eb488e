/* How often a piece of text is likely to stand in the values of event logs: by a list of the most
 * frequent runs of four characters (data/grams.txt) and by letters. It only decides which part of a
 * rule is looked for first; a wrong guess costs time, never a finding. */
#ifndef IMPOUND_RULES_RARITY_H
#define IMPOUND_RULES_RARITY_H

#include "base/bytes.h"

#define RARITY_GRAM   4U /* bytes that are looked for at once */
#define RARITY_PLACES 4096U

struct rarity {
    uint32_t grams[RARITY_PLACES]; /* a hash table by open addressing; 0: free */
    float rates[RARITY_PLACES];
    float letters[256]; /* share of each byte */
    float least;        /* rate of the list's rarest gram */
};

void rarity_init(struct rarity *rarity);

/* How often `width` (2 to 4) bytes are expected at one place in a text. */
float rarity_gram(const struct rarity *rarity, const uint8_t *gram, uint32_t width);

/* Where the rarest `count` neighbouring grams of this width begin in a literal, which has room for
 * them. With `step` only every step-th place is asked. */
uint32_t rarity_offset(const struct rarity *rarity, struct bytes literal, uint32_t width,
                       uint32_t count, uint32_t step);

/* The share of values that are expected to hold, end with, or be the literal. */
float rarity_contains(const struct rarity *rarity, struct bytes literal);
float rarity_edge(const struct rarity *rarity, struct bytes literal);
float rarity_equals(const struct rarity *rarity, struct bytes literal);

#endif
