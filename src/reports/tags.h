/* What a rule's tags and attributes say of it. */
#ifndef IMPOUND_REPORTS_TAGS_H
#define IMPOUND_REPORTS_TAGS_H

#include "rules/rules.h"

#define TAG_TECHNIQUE_BOUND 16

/* attack.t1047 is T1047, attack.t1021.002 is T1021.002. False when the tag is no technique. */
bool tag_technique(const char *tag, char technique[TAG_TECHNIQUE_BOUND]);

/* Whether the rule's tools are conclusions; else they are what is merely possible. */
bool rule_concludes(const struct rule_info *info);

#endif
