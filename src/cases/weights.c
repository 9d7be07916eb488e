#include "cases/weights.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 160

/* Made from the table by the build. */
extern const unsigned char attribution_text[];
extern const size_t attribution_text_length;

/* A row is STRENGTH,LEVEL,WEIGHT,… */
static bool row_fits(const char *row, const char *strength, const char *level)
{
    const size_t first = strlen(strength), second = strlen(level);
    return strncmp(row, strength, first) == 0 && row[first] == ',' &&
           strncmp(row + first + 1, level, second) == 0 && row[first + 1 + second] == ',';
}

static double look_up(const char *strength, const char *level, double otherwise)
{
    char row[LINE_MAX_BYTES];
    for (size_t at = 0; at < attribution_text_length;) {
        const char *line = (const char *)attribution_text + at;
        const char *end = memchr(line, '\n', attribution_text_length - at);
        const size_t length = end ? (size_t)(end - line) : attribution_text_length - at;
        at += length + 1;
        if (length >= sizeof(row))
            continue;
        memcpy(row, line, length);
        row[length] = '\0';
        if (row_fits(row, strength, level))
            return strtod(row + strlen(strength) + strlen(level) + 2, NULL);
    }
    return otherwise;
}

double weight_of(const char *strength, enum sigma_level level)
{
    return look_up(strength, sigma_level_name(level), 0);
}

double weight_against(const char *observation)
{
    return look_up("against", observation, 1);
}
