/* What a rule's tags and attributes say of it. */
#ifndef IMPOUND_REPORTS_TAGS_H
#define IMPOUND_REPORTS_TAGS_H

#include "rules/rules.h"

#define TAG_TEXT_BOUND 64

enum tag_kind {
    TAG_TACTIC, /* attack.lateral-movement: Lateral Movement */
    TAG_MITRE,  /* a technique, group or software of ATT&CK: T1021.002, G0007, S0357 */
    TAG_OTHER,  /* as it is */
};

/* What a tag is, and its text for the report. */
enum tag_kind tag_text(const char *tag, char text[TAG_TEXT_BOUND]);

/* Takes the next technique of a rule (T1021.002); begin with 0. False behind the last. */
bool rule_technique_next(const struct rule_info *info, uint32_t *at, char text[TAG_TEXT_BOUND]);

/* Whether the rule's tools are conclusions; else they are what is merely possible. */
bool rule_concludes(const struct rule_info *info);

#endif
