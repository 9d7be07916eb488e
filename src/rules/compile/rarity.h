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

/* The rates of a literal's grams: how often each is expected at one place in a text. Only the first
 * ones of a long literal are looked at. */
#define RARITY_RATES_MAX 128U

struct rates {
    uint32_t count;
    float at[RARITY_RATES_MAX]; /* of the gram that begins here */
    float least;                /* 1 without any gram */
};

/* Grams of 4 bytes; of a shorter literal the whole of it. */
void rarity_rates(const struct rarity *rarity, struct bytes literal, struct rates *rates);

/* Where the rarest `count` neighbouring grams begin. With `step` only every step-th place is
 * asked. */
uint32_t rates_rarest(const struct rates *rates, uint32_t count, uint32_t step);

/* The share of values that are expected to hold, end with, or be the literal. */
float rates_contains(const struct rates *rates);
float rates_edge(const struct rates *rates);
float rates_equals(const struct rates *rates, size_t length);

#endif
