/* The tables that tools/make-naming.py makes of data/ecs-fields.csv: what exporters call the fields
 * that Windows calls otherwise. */
#ifndef IMPOUND_READERS_TEXT_NAMING_TABLE_H
#define IMPOUND_READERS_TEXT_NAMING_TABLE_H

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum naming_how {
    NAMING_COPY,
    NAMING_ITEM,      /* a copy; of a list of one, that one */
    NAMING_FILLED,    /* a copy; absent when it is null or empty */
    NAMING_TIME,      /* a moment in any notation that an exporter uses */
    NAMING_XML_TIME,  /* the same as Windows' XML has it */
    NAMING_HEX,       /* a number that Windows shows as 0x and hex digits */
    NAMING_GUID,      /* a GUID that has lost its braces gets them back */
    NAMING_QUOTED,    /* text that may stand in single quotes */
    NAMING_WORDS,     /* what a word of a list means; numbers stay; absent when it is neither */
    NAMING_WORDS_OR,  /* the same, but a copy when it is neither */
    NAMING_NOT_WORDS, /* a copy; absent when NAMING_WORDS is not */
    NAMING_JOIN,      /* several values with text before each, but for its first character */
    NAMING_DATA,      /* all unnamed values of EventData as one list */
    NAMING_CONST,     /* a text that is always the same */
    NAMING_DROP,
};

struct naming_row {
    const char *theirs; /* dotted path; of a prefix row: all that stands before the name */
    const char *ours;   /* NULL: none */
    const char *text;   /* of NAMING_JOIN and NAMING_CONST */
    uint8_t how;
    uint8_t exporter;
    uint8_t list;
    uint8_t where; /* in naming_wheres; 0: always */
    uint16_t rank; /* of several rows with the same `ours`, the lowest that is there wins */
};

#define NAMING_IDS_MAX 24

struct naming_where {
    const char *provider;         /* or, behind @, the channel */
    uint32_t ids[NAMING_IDS_MAX]; /* ended by a 0; the first 0: all */
};

/* An exporter is told by a set of naming_keys that are all there: a bit a key. */
struct naming_sign {
    uint64_t keys;
    uint8_t exporter;
    bool has_tree; /* System, EventData and UserData stand at the top */
};

struct naming_word {
    uint8_t list;
    const char *word; /* lower case */
    const char *means;
};

extern const struct naming_row naming_rows[]; /* by `theirs`, then `exporter` */
extern const size_t naming_rows_count;
extern const struct naming_row naming_prefixes[];
extern const size_t naming_prefixes_count;
extern const struct naming_where naming_wheres[];
extern const char *const naming_keys[]; /* sorted */
extern const size_t naming_keys_count;
extern const struct naming_sign naming_signs[];
extern const size_t naming_signs_count;
extern const struct naming_word naming_words[]; /* by `list`, then `word` */
extern const size_t naming_words_count;

#endif
