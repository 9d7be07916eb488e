#include "rules/sigma/sigma.h"

#include <assert.h>
#include <strings.h>

static const char *const levels[SIGMA_LEVEL_COUNT] = {"informational", "low", "medium", "high",
                                                      "critical"};
static const char *const statuses[SIGMA_STATUS_COUNT] = {"stable", "test", "experimental",
                                                         "deprecated", "unsupported"};

/* The index of the word, read in any case; `count` when it is none of them. */
static unsigned find_word(struct bytes text, const char *const *words, unsigned count)
{
    unsigned index = 0;
    while (index < count && (text.length != strlen(words[index]) ||
                             strncasecmp((const char *)text.data, words[index], text.length) != 0))
        index++;
    return index;
}

const char *sigma_level_name(enum sigma_level level)
{
    assert(level < SIGMA_LEVEL_COUNT);
    return levels[level];
}

const char *sigma_status_name(enum sigma_status status)
{
    assert(status < SIGMA_STATUS_COUNT);
    return statuses[status];
}

bool sigma_level_parse(struct bytes text, enum sigma_level *level)
{
    const unsigned index = find_word(text, levels, SIGMA_LEVEL_COUNT);
    if (index == SIGMA_LEVEL_COUNT)
        return false;
    *level = (enum sigma_level)index;
    return true;
}

bool sigma_status_parse(struct bytes text, enum sigma_status *status)
{
    const unsigned index = find_word(text, statuses, SIGMA_STATUS_COUNT);
    if (index == SIGMA_STATUS_COUNT)
        return false;
    *status = (enum sigma_status)index;
    return true;
}
