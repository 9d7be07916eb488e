#include "reports/html/matrix.h"

#include "reports/html/html.h"
#include "reports/tags.h"

/* In ATT&CK's order (https://attack.mitre.org/tactics/enterprise/), as tag_text writes them. */
static const char *const tactics[] = {
    "Reconnaissance",     "Resource Development", "Initial Access", "Execution",
    "Persistence",        "Privilege Escalation", "Stealth",        "Defense Evasion",
    "Defense Impairment", "Credential Access",    "Discovery",      "Lateral Movement",
    "Collection",         "Command And Control",  "Exfiltration",   "Impact",
};

void matrix_init(struct matrix *matrix)
{
    tally_init(&matrix->pairs, 1024);
}

void matrix_release(struct matrix *matrix)
{
    tally_release(&matrix->pairs);
}

static void pair_add(struct matrix *matrix, const char *tactic, const char *technique)
{
    char key[2 * TAG_TEXT_BOUND];
    const size_t length = strlen(tactic), more = strlen(technique);
    memcpy(key, tactic, length + 1);
    memcpy(key + length + 1, technique, more);
    tally_add(&matrix->pairs, bytes_of(key, length + 1 + more), SIGMA_INFORMATIONAL,
              (struct instant){.seconds = INSTANT_NONE});
}

/* Tags do not say which technique serves which tactic: each stands under each. */
void matrix_add(struct matrix *matrix, const struct rule_info *info)
{
    char tactic[TAG_TEXT_BOUND], technique[TAG_TEXT_BOUND];
    if (!rule_concludes(info) || !info->tool_count)
        return;
    for (uint32_t i = 0; i < info->tag_count; i++) {
        if (tag_text(info->tags[i], tactic) != TAG_TACTIC)
            continue;
        for (uint32_t j = 0; j < info->tag_count; j++)
            if (tag_text(info->tags[j], technique) == TAG_MITRE && technique[0] == 'T')
                pair_add(matrix, tactic, technique);
    }
}

/* The technique of a pair of this tactic; empty when it is another's. */
static struct bytes technique_of(struct bytes pair, const char *tactic)
{
    const size_t length = strlen(tactic) + 1;
    return pair.length > length && memcmp(pair.data, tactic, length) == 0
               ? bytes_of(pair.data + length, pair.length - length)
               : (struct bytes){0};
}

static bool is_used(const struct matrix *matrix, const char *tactic)
{
    for (size_t i = 0; i < matrix->pairs.count; i++)
        if (technique_of(matrix->pairs.rows[i].key, tactic).length)
            return true;
    return false;
}

static void column_write(const struct matrix *matrix, struct buffer *to, const char *tactic)
{
    buffer_text(to, "<td><ul>");
    for (size_t i = 0; i < matrix->pairs.count; i++) {
        const struct bytes technique = technique_of(matrix->pairs.rows[i].key, tactic);
        if (!technique.length)
            continue;
        buffer_text(to, "<li>");
        html_text(to, technique);
        buffer_format(to, " <small>%llu</small></li>",
                      (unsigned long long)matrix->pairs.rows[i].total);
    }
    buffer_text(to, "</ul></td>");
}

void matrix_write(struct matrix *matrix, struct buffer *to)
{
    if (!matrix->pairs.count) {
        buffer_text(to, "<p>No rule that names a tool has fired.</p>\n");
        return;
    }
    tally_sort(&matrix->pairs);
    buffer_text(to, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Techniques by "
                    "tactic\"><table class=\"matrix\"><caption>Techniques by tactic, with the "
                    "number of findings</caption><thead><tr>");
    for (size_t i = 0; i < COUNT_OF(tactics); i++)
        if (is_used(matrix, tactics[i]))
            buffer_format(to, "<th scope=\"col\">%s</th>", tactics[i]);
    buffer_text(to, "</tr></thead><tbody><tr>");
    for (size_t i = 0; i < COUNT_OF(tactics); i++)
        if (is_used(matrix, tactics[i]))
            column_write(matrix, to, tactics[i]);
    buffer_text(to, "</tr></tbody></table></div>\n");
}
