/* Text values of rules: wildcards, escapes, placeholders, and what modifiers make of them. */
#ifndef IMPOUND_RULES_SIGMA_PATTERN_H
#define IMPOUND_RULES_SIGMA_PATTERN_H

#include "rules/sigma/draft.h"

struct pattern {
    const struct sigma_piece *pieces;
    uint32_t count;
};

/* Sigma 2.1.0, "Escape Character": \* \? and \\ stand for the second character, any other
 * backslash for itself. */
enum status pattern_parse(const struct draft_context *context, struct bytes text,
                          struct pattern *pattern) MUST_CHECK;

/* Text without wildcards. */
enum status pattern_literal(const struct draft_context *context, struct bytes text,
                            struct pattern *pattern) MUST_CHECK;

/* * in front, behind, or both; where there is one already, nothing changes. */
enum status pattern_open(const struct draft_context *context, bool front, bool back,
                         struct pattern *pattern) MUST_CHECK;

/* `one` and `other` behind each other. */
enum status pattern_join(const struct draft_context *context, struct pattern one,
                         struct pattern other, struct pattern *joined) MUST_CHECK;

/* Turns %name% in literals into placeholders; \% is a plain percent sign. */
enum status pattern_find_placeholders(const struct draft_context *context,
                                      struct pattern *pattern) MUST_CHECK;

bool pattern_has_wildcard(struct pattern pattern);
/* The name of the first placeholder, or NULL. */
const struct sigma_piece *pattern_placeholder(struct pattern pattern);

/* The literal text of a pattern without wildcards and placeholders. */
struct bytes pattern_text(struct pattern pattern);

enum pattern_utf16 { PATTERN_UTF16LE, PATTERN_UTF16BE, PATTERN_UTF16_BOM };
enum status pattern_utf16(const struct draft_context *context, enum pattern_utf16 order,
                          struct pattern *pattern) MUST_CHECK;

/* The pattern must be literal. `shift` 0 to 2 bytes may stand before the text: what of its Base64
 * form depends on neighbours is left out. Plain Base64 with padding: pattern_base64. */
enum status pattern_base64(const struct draft_context *context, struct pattern *pattern) MUST_CHECK;
enum status pattern_base64_shifted(const struct draft_context *context, unsigned shift,
                                   struct pattern *pattern) MUST_CHECK;

/* Every text in which each parameter's dash is one of - / U+2013 U+2014 U+2015. */
enum status pattern_windash(const struct draft_context *context, struct pattern pattern,
                            struct pattern **patterns, uint32_t *count) MUST_CHECK;

#endif
