#include "ledger/clauses.h"

#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_MAX 640
#define SHOWN_MAX    120

static bool is_said(const struct sayings *sayings, const char *sentence)
{
    for (uint32_t i = 0; i < sayings->count; i++)
        if (strcmp(sayings->items[i].sentence, sentence) == 0)
            return true;
    return false;
}

void say_again(struct sayings *sayings, const struct saying *saying)
{
    if (is_said(sayings, saying->sentence))
        return;
    if (sayings->count == SAYINGS_MAX)
        sayings->left_out++;
    else
        sayings->items[sayings->count++] = *saying;
}

void say(struct sayings *sayings, enum answer answer, const char *format, ...)
{
    char text[SENTENCE_MAX];
    if (!sayings)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    const char *kept = arena_keep_text(sayings->arena, bytes_of_text(text));
    if (kept)
        say_again(sayings, &(struct saying){answer, kept});
    else
        sayings->failed = true;
}

/* Never cuts a character of UTF-8. */
int shown_length(struct bytes text)
{
    size_t length = text.length < SHOWN_MAX ? text.length : SHOWN_MAX;
    while (length < text.length && length > 0 && (text.data[length] & 0xc0) == 0x80)
        length--;
    return (int)length;
}
