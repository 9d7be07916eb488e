#include "cli/rule_choice.h"

#include "cli/console.h"
#include "rules/load/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LEVELS_FILE_MAX (4U << 20)

#define AT(member)      offsetof(struct rule_options, member)

const struct option rule_source_options[] = {
    {"rules", 'r', "DIR|FILE|BUNDLE", OPTION_LIST, AT(sources), NULL,
     "rules instead of the built-in pack; `builtin` adds it back"},
    {"cache", 0, "DIR|none", OPTION_TEXT, AT(cache), NULL, "where compiled rules are kept"},
    {"logsources", 0, "FILE", OPTION_TEXT, AT(logsources), NULL, "another table of log sources"},
    {"placeholders", 0, "FILE", OPTION_LIST, AT(placeholders), NULL,
     "values for %placeholders% in rules"},
    {"pipeline", 0, "FILE", OPTION_LIST, AT(pipelines), NULL, "a pySigma processing pipeline"},
    {0},
};

const struct option rule_filter_options[] = {
    {"min-level", 'm', "LEVEL", OPTION_TEXT, AT(min_level), LEVEL_CHOICES,
     "leave out rules below this level"},
    {"status", 0, "STATUS", OPTION_LIST, AT(statuses),
     "stable|test|experimental|deprecated|unsupported",
     "only rules of this status (again for more; default: all but deprecated, unsupported)"},
    {"exclude-id", 0, "ID", OPTION_LIST, AT(excluded), NULL, "leave out this rule"},
    {"tag", 0, "TAG", OPTION_LIST, AT(tags), NULL,
     "only rules with this tag, or one that begins with it and a dot"},
    {"levels", 0, "FILE", OPTION_TEXT, AT(levels), NULL,
     "levels of your own: lines of a rule's id and a level"},
    {0},
};

static char *user_folder(const char *variable, const char *below_home, const char *name)
{
    char *path = NULL;
    const char *base = getenv(variable);
    const char *home = getenv("HOME");
    if (base && *base == '/')
        return asprintf(&path, "%s/impound/%s", base, name) < 0 ? NULL : path;
    if (home && *home == '/')
        return asprintf(&path, "%s/%s/impound/%s", home, below_home, name) < 0 ? NULL : path;
    return NULL;
}

char *user_cache_folder(void)
{
    return user_folder("XDG_CACHE_HOME", ".cache", "rules");
}

char *user_bundle_folder(void)
{
    return user_folder("XDG_DATA_HOME", ".local/share", "bundles");
}

bool level_parse(const char *text, enum sigma_level *level)
{
    static const char *const short_forms[] = {"info",   "informational", "med",
                                              "medium", "crit",          "critical"};
    for (size_t i = 0; i < COUNT_OF(short_forms); i += 2)
        if (strcasecmp(text, short_forms[i]) == 0)
            text = short_forms[i + 1];
    return sigma_level_parse(bytes_of_text(text), level);
}

/* Whatever is wrong with a file that was named makes it invalid; a bundle that does not verify
 * stays damaged. */
static enum status as_invalid(enum status status)
{
    return status == STATUS_IO || status == STATUS_REFUSED ? (enum status)STATUS_INVALID : status;
}

enum status rule_choice_load(const struct rule_options *options, struct names *fields,
                             struct load_result *loaded, struct fault *fault)
{
    char *cache = options->cache ? strdup(options->cache) : user_cache_folder();
    char *bundles = user_bundle_folder();
    const struct load_options load = {
        .sources = options->sources.items,
        .source_count = options->sources.count,
        .bundles = bundles,
        .cache = cache && strcmp(cache, "none") != 0 ? cache : NULL,
        .logsources = options->logsources,
        .sigma = {.placeholder_files = options->placeholders.items,
                  .placeholder_count = (uint32_t)options->placeholders.count,
                  .pipeline_files = options->pipelines.items,
                  .pipeline_count = (uint32_t)options->pipelines.count},
    };
    const enum status status = as_invalid(rules_load(&load, fields, loaded, fault));
    if (status == STATUS_OK && loaded->warning[0])
        console_warn("%s", loaded->warning);
    free(cache);
    free(bundles);
    return status;
}

void rule_refusals_warn(uint32_t count)
{
    if (count)
        console_warn("rules refused: %u; `impound rules lint` says why", count);
}

static bool list_has(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->items[i], text) == 0)
            return true;
    return false;
}

/* attack.t1003 also stands for attack.t1003.006; T1003 is short for attack.t1003. */
static bool tag_fits(const char *wanted, const char *tag)
{
    const size_t length = strlen(wanted);
    if ((wanted[0] | 32) == 't' && wanted[1] >= '0' && wanted[1] <= '9' &&
        strncasecmp(tag, "attack.", 7) == 0)
        tag += 7;
    return strncasecmp(wanted, tag, length) == 0 && (!tag[length] || tag[length] == '.');
}

static bool has_tag(const struct text_list *wanted, const struct rule_info *info)
{
    for (size_t i = 0; i < wanted->count; i++)
        for (uint32_t j = 0; j < info->tag_count; j++)
            if (tag_fits(wanted->items[i], info->tags[j]))
                return true;
    return wanted->count == 0;
}

static bool has_status(const struct text_list *wanted, const struct rule_info *info)
{
    if (wanted->count == 0)
        return info->status != SIGMA_DEPRECATED && info->status != SIGMA_UNSUPPORTED;
    return list_has(wanted, sigma_status_name(info->status));
}

/* One line: an id, then a level, with blanks, a comma or a colon between. */
static enum status level_line(char *line, unsigned number, const char *path,
                              const struct ruleset *ruleset, struct rule_choice *choice,
                              struct fault *fault)
{
    static const char between[] = " \t,:;\r";
    char *rest = NULL;
    line[strcspn(line, "#")] = '\0';
    const char *id = strtok_r(line, between, &rest);
    const char *word = id ? strtok_r(NULL, between, &rest) : NULL;
    enum sigma_level level;
    if (!id || (number == 1 && word && strcasecmp(id, "id") == 0))
        return STATUS_OK;
    if (!word || !level_parse(word, &level))
        return fault_set(fault, STATUS_INVALID, number, "%s:%u: %s%s", path, number,
                         word ? "no level is called " : "no level behind the id ",
                         word ? word : id);
    for (uint32_t rule = 0; rule < choice->count; rule++)
        if (strcasecmp(ruleset_info(ruleset, rule)->id, id) == 0)
            choice->levels[rule] = level;
    return STATUS_OK;
}

static enum status levels_read(const char *path, const struct ruleset *ruleset,
                               struct rule_choice *choice, struct fault *fault)
{
    struct buffer text = {0};
    enum status status = file_read(path, LEVELS_FILE_MAX, &text, fault);
    buffer_byte(&text, '\0');
    char *rest = NULL;
    unsigned number = 0;
    if (status == STATUS_OK && text.failed)
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory");
    for (char *line = status ? NULL : (char *)text.data; line && status == STATUS_OK; line = rest) {
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = '\0';
        status = level_line(line, ++number, path, ruleset, choice, fault);
    }
    buffer_release(&text);
    return status;
}

enum status rule_choice_make(const struct rule_options *options, const struct ruleset *ruleset,
                             struct rule_choice *choice, struct fault *fault)
{
    const uint32_t count = ruleset_count(ruleset);
    enum sigma_level least = SIGMA_INFORMATIONAL;
    *choice = (struct rule_choice){.count = count};
    choice->is_fitting = calloc(count + 1, sizeof(*choice->is_fitting));
    choice->is_wanted = calloc(count + 1, sizeof(*choice->is_wanted));
    choice->is_off = calloc(count + 1, sizeof(*choice->is_off));
    choice->levels = calloc(count + 1, sizeof(*choice->levels));
    if (!choice->is_fitting || !choice->is_wanted || !choice->is_off || !choice->levels)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    for (uint32_t rule = 0; rule < count; rule++)
        choice->levels[rule] = ruleset_info(ruleset, rule)->level;
    enum status status = STATUS_OK;
    if (options->levels)
        status = as_invalid(levels_read(options->levels, ruleset, choice, fault));
    if (options->min_level)
        level_parse(options->min_level, &least);
    for (uint32_t rule = 0; rule < count; rule++) {
        const struct rule_info *info = ruleset_info(ruleset, rule);
        choice->is_off[rule] =
            !has_status(&options->statuses, info) || list_has(&options->excluded, info->id);
        choice->is_fitting[rule] =
            !choice->is_off[rule] && choice->levels[rule] >= least && has_tag(&options->tags, info);
        choice->is_wanted[rule] = choice->is_fitting[rule] && !info->is_silent;
    }
    return status;
}

void rule_choice_release(struct rule_choice *choice)
{
    free(choice->is_fitting);
    free(choice->is_wanted);
    free(choice->is_off);
    free(choice->levels);
    *choice = (struct rule_choice){0};
}
