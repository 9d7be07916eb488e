#include "reports/tags.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool are_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789") >= count;
}

/* T and four digits, perhaps a point and three; G or S and four digits. */
static bool is_mitre(const char *name)
{
    const size_t length = strlen(name);
    if (!strchr("tgsTGS", name[0]) || length < 5 || !are_digits(name + 1, 4))
        return false;
    return length == 5 ||
           (length == 9 && (name[0] | 32) == 't' && name[5] == '.' && are_digits(name + 6, 3));
}

static char capital(char letter)
{
    if (letter >= 'a' && letter <= 'z')
        return (char)(letter - 'a' + 'A');
    return letter;
}

/* Words that begin with capitals. */
static void tactic_write(char *text, const char *name)
{
    bool is_first = true;
    size_t at = 0;
    for (; name[at] && at < TAG_TEXT_BOUND - 1; at++) {
        const bool is_break = name[at] == '-' || name[at] == '_';
        text[at] = name[at];
        if (is_break)
            text[at] = ' ';
        else if (is_first)
            text[at] = capital(name[at]);
        is_first = is_break;
    }
    text[at] = '\0';
}

enum tag_kind tag_text(const char *tag, char text[TAG_TEXT_BOUND])
{
    static const char head[] = "attack.";
    if (strncasecmp(tag, head, strlen(head)) != 0) {
        snprintf(text, TAG_TEXT_BOUND, "%s", tag);
        return TAG_OTHER;
    }
    const char *name = tag + strlen(head);
    if (!is_mitre(name)) {
        tactic_write(text, name);
        return TAG_TACTIC;
    }
    snprintf(text, TAG_TEXT_BOUND, "%c%s", name[0] & ~32, name + 1);
    return TAG_MITRE;
}

bool rule_technique_next(const struct rule_info *info, uint32_t *at, char text[TAG_TEXT_BOUND])
{
    while (*at < info->tag_count)
        if (tag_text(info->tags[(*at)++], text) == TAG_MITRE && text[0] == 'T')
            return true;
    return false;
}

bool rule_concludes(const struct rule_info *info)
{
    return strcmp(info->strength, "standalone") == 0;
}
