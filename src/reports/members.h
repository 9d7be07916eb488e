/* Members of JSON objects, each with its comma before it; and how names and times are split and
 * written in formats that others have laid down. */
#ifndef IMPOUND_REPORTS_MEMBERS_H
#define IMPOUND_REPORTS_MEMBERS_H

#include "cases/cases.h"
#include "rules/rules.h"

void member_text(struct buffer *to, const char *name, struct bytes text);
/* `null` for NULL. */
void member_string(struct buffer *to, const char *name, const char *text);
/* Nothing for what is empty. */
void member_text_if(struct buffer *to, const char *name, struct bytes text);
void member_number(struct buffer *to, const char *name, uint64_t number);
void member_texts(struct buffer *to, const char *name, const struct case_texts *texts);
void member_names(struct buffer *to, const char *name, const char *const *names, uint32_t count);
/* The techniques of a rule, as T1021.002. */
void member_techniques(struct buffer *to, const char *name, const struct rule_info *info);
/* With all digits; `null` for an unknown moment. */
void member_time(struct buffer *to, const char *name, struct instant time);
void time_json(struct buffer *to, struct instant time);

/* For formats that want a time of a fixed form: with that many digits, 1970 for an unknown moment.
 */
struct instant time_fixed(struct instant time, uint8_t digits);
/* Since 1970; 0 for an unknown moment. */
int64_t time_micros(struct instant time);

/* The parts of DOMAIN\name; without a domain, it is empty. */
struct bytes account_domain(struct bytes account);
struct bytes account_name(struct bytes account);

/* Whether a name is an address, and not of the machine itself. */
bool is_address(struct bytes text);

#endif
