#include "reports/tags.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool are_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789") >= count;
}

bool tag_technique(const char *tag, char technique[TAG_TECHNIQUE_BOUND])
{
    static const char head[] = "attack.t";
    if (strncasecmp(tag, head, strlen(head)) != 0)
        return false;
    const char *number = tag + strlen(head);
    const size_t length = strlen(number);
    if (!are_digits(number, 4) ||
        !(length == 4 || (length == 8 && number[4] == '.' && are_digits(number + 5, 3))))
        return false;
    snprintf(technique, TAG_TECHNIQUE_BOUND, "T%.8s", number);
    return true;
}

bool rule_concludes(const struct rule_info *info)
{
    return strcmp(info->strength, "standalone") == 0;
}
