#include "cases/texts.h"

#include <stdlib.h>
#include <strings.h>

#define FOLD_MAX 4096 /* bytes of a text; the rest is cut off */

void texts_init(struct texts *texts, bool folds, uint32_t maximum, size_t bytes)
{
    *texts = (struct texts){.folds = folds, .maximum = maximum, .count = 1};
    hash_secret_draw(&texts->secret);
    arena_init(&texts->arena, bytes);
}

void texts_release(struct texts *texts)
{
    arena_release(&texts->arena);
    free(texts->items);
    free(texts->index);
    *texts = (struct texts){0};
}

bool text_same(struct bytes one, struct bytes other)
{
    return one.length == other.length &&
           (one.length == 0 ||
            strncasecmp((const char *)one.data, (const char *)other.data, one.length) == 0);
}

static bool is_same(const struct texts *texts, struct bytes one, struct bytes other)
{
    return texts->folds ? text_same(one, other) : bytes_equal(one, other);
}

static uint64_t hash_of(const struct texts *texts, struct bytes text)
{
    uint8_t folded[FOLD_MAX];
    if (!texts->folds)
        return hash_secretly(text, &texts->secret);
    for (size_t i = 0; i < text.length; i++)
        folded[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 0x20 : text.data[i];
    return hash_secretly(bytes_of(folded, text.length), &texts->secret);
}

/* The place in the index that has the text, or the empty one where it belongs. */
static uint32_t place_of(const struct texts *texts, struct bytes text)
{
    uint32_t place = (uint32_t)hash_of(texts, text) & (texts->index_size - 1);
    while (texts->index[place] && !is_same(texts, texts->items[texts->index[place]], text))
        place = (place + 1) & (texts->index_size - 1);
    return place;
}

static bool grow(struct texts *texts)
{
    const uint32_t room = texts->room ? texts->room * 2 : 256;
    struct bytes *items = realloc(texts->items, room * sizeof(*items));
    if (!items)
        return false;
    texts->items = items;
    items[0] = (struct bytes){0};
    uint32_t *index = calloc((size_t)room * 2, sizeof(*index));
    if (!index)
        return false;
    free(texts->index);
    texts->index = index;
    texts->index_size = room * 2;
    texts->room = room;
    for (text_id id = 1; id < texts->count; id++)
        index[place_of(texts, items[id])] = id;
    return true;
}

static struct bytes cut(struct bytes text)
{
    text.length = text.length < FOLD_MAX ? text.length : FOLD_MAX;
    return text;
}

text_id texts_find(const struct texts *texts, struct bytes text)
{
    text = cut(text);
    return text.length && texts->index ? texts->index[place_of(texts, text)] : 0;
}

text_id texts_intern(struct texts *texts, struct bytes text)
{
    text = cut(text);
    if (!text.length)
        return 0;
    const text_id known = texts_find(texts, text);
    if (known) {
        /* Same length, so it is written over: the smallest spelling stays. */
        if (bytes_compare(text, texts->items[known]) < 0)
            memcpy((uint8_t *)(uintptr_t)texts->items[known].data, text.data, text.length);
        return known;
    }
    if (texts->count >= texts->maximum || (texts->count >= texts->room && !grow(texts))) {
        texts->left_out++;
        return 0;
    }
    const struct bytes kept = arena_keep(&texts->arena, text);
    if (!kept.data) {
        texts->left_out++;
        return 0;
    }
    const text_id id = texts->count++;
    texts->items[id] = kept;
    texts->index[place_of(texts, kept)] = id;
    return id;
}
