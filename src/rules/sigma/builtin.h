/* What the build embeds (tools/embed.py). */
#ifndef IMPOUND_RULES_SIGMA_BUILTIN_H
#define IMPOUND_RULES_SIGMA_BUILTIN_H

#include <stddef.h>

extern const unsigned char logsource_text[]; /* data/logsources.yaml */
extern const size_t logsource_text_length;

extern const unsigned char placeholder_text[]; /* data/placeholders.yaml */
extern const size_t placeholder_text_length;

#endif
