/* What the build embeds: the rules in rules/, as a pack (tools/pack-rules.py, tools/embed.py). */
#ifndef IMPOUND_RULES_LOAD_BUILTIN_H
#define IMPOUND_RULES_LOAD_BUILTIN_H

#include <stddef.h>

extern const unsigned char builtin_pack[];
extern const size_t builtin_pack_length;

#endif
