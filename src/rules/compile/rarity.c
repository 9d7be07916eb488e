#include "rules/compile/rarity.h"

#include <math.h>

/* data/grams.txt: lines of a level and a gram, `12 .exe`; level n means a share of 2^-n. */
extern const unsigned char grams_text[];
extern const size_t grams_text_length;

#define LINE_LENGTH 8U

/* Bytes of folded log text, the frequent ones first. */
static const char letters_by_rank[] =
    "e\\itosrncla dmp.uw0-h1f23bg\"yvx4:6k5879_/()$=,zjq[]{};'<>%&+*#@!|?`~^";

/* The place of a gram in the table, or the free one where it would go. */
static uint32_t place_of(const struct rarity *rarity, uint32_t gram)
{
    uint32_t place = gram * 0x9E3779B1U >> 20;
    while (rarity->grams[place] && rarity->grams[place] != gram)
        place = (place + 1) % RARITY_PLACES;
    return place;
}

_Static_assert(RARITY_PLACES == 1U << 12, "a hash of 12 bits");

static void letters_init(struct rarity *rarity)
{
    for (size_t i = 0; i < 256; i++)
        rarity->letters[i] = 0.0002F;
    float share = 0.08F;
    for (const char *letter = letters_by_rank; *letter; letter++) {
        rarity->letters[(uint8_t)*letter] = share;
        share *= 0.93F;
    }
}

void rarity_init(struct rarity *rarity)
{
    *rarity = (struct rarity){.least = 1};
    letters_init(rarity);
    uint32_t count = 0;
    for (size_t at = 0; at + LINE_LENGTH <= grams_text_length && count < RARITY_PLACES / 2;
         at += LINE_LENGTH, count++) {
        const unsigned char *line = grams_text + at;
        const int level = (line[0] == ' ' ? 0 : (line[0] - '0') * 10) + line[1] - '0';
        const uint32_t gram = load_le32(line + 3);
        const uint32_t place = place_of(rarity, gram);
        rarity->grams[place] = gram;
        rarity->rates[place] = ldexpf(1, -level);
        if (rarity->rates[place] < rarity->least)
            rarity->least = rarity->rates[place];
    }
}

/* Letters cluster in words: a gram is more frequent than chance, here by a fixed factor. */
#define CLUSTERING 40.0F

static float gram_rate(const struct rarity *rarity, const uint8_t *gram, uint32_t width)
{
    if (width == RARITY_GRAM) {
        const uint32_t place = place_of(rarity, load_le32(gram));
        if (rarity->grams[place])
            return rarity->rates[place];
    }
    float rate = CLUSTERING;
    for (uint32_t i = 0; i < width; i++)
        rate *= rarity->letters[gram[i]];
    return width < RARITY_GRAM || rate < rarity->least ? rate : rarity->least;
}

void rarity_rates(const struct rarity *rarity, struct bytes literal, struct rates *rates)
{
    const uint32_t width = literal.length < RARITY_GRAM ? (uint32_t)literal.length : RARITY_GRAM;
    rates->count = 0;
    rates->least = 1;
    for (size_t at = 0; width && at + width <= literal.length && at < RARITY_RATES_MAX; at++) {
        const float rate = gram_rate(rarity, literal.data + at, width);
        rates->at[rates->count++] = rate;
        rates->least = rate < rates->least ? rate : rates->least;
    }
}

uint32_t rates_rarest(const struct rates *rates, uint32_t count, uint32_t step)
{
    uint32_t best = 0;
    float best_rate = INFINITY;
    for (uint32_t at = 0; at + count <= rates->count; at += step) {
        float rate = 0;
        for (uint32_t i = 0; i < count; i++)
            rate += rates->at[at + i];
        if (rate < best_rate) {
            best_rate = rate;
            best = at;
        }
    }
    return best;
}

float rates_contains(const struct rates *rates)
{
    const float rate = rates->least * 100;
    return rate < 1 ? rate : 1;
}

float rates_edge(const struct rates *rates)
{
    const float rate = rates->least * 60;
    return rate < 0.4F ? rate : 0.4F;
}

float rates_equals(const struct rates *rates, size_t length)
{
    const float by_length = length < 3 ? 0.2F : length < 6 ? 0.05F : length < 10 ? 0.01F : 0.001F;
    const float by_gram = rates->least * 40;
    return by_gram > by_length && by_gram < 0.5F ? by_gram : by_length;
}
