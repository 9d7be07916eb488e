/* The compiled form of a rule set: one run of bytes, made of sections of fixed-size records that
 * refer to each other by index. It is what the cache file holds and what the matcher works on, so
 * nothing is decoded when it is read; image_open proves it once and everybody else trusts it.
 *
 *   text          all bytes: names, literals, expressions. Each piece has a NUL behind it.
 *   fields        names of fields, of rules and of events
 *   tests         different tests (kind, value, flags), without a field
 *   pieces        of patterns with wildcards; the literals that regular expressions require
 *   seeks         literals to look for so as not to miss a test
 *   atoms         different pairs of a rule's field and a test
 *   nodes         the rules' conditions in preorder: AND, OR and NOT are followed by their children
 *   notes         beside each node: the selection's name and the line, for `explain`
 *   sources       different alternatives of log sources: conditions, translation, rules
 *   words         lists of indices
 *   texts         lists of texts
 *   infos         what outputs say of each rule */
#ifndef IMPOUND_RULES_IMAGE_H
#define IMPOUND_RULES_IMAGE_H

#include "base/bytes.h"
#include "base/status.h"

#define IMAGE_VERSION   2U
#define IMAGE_NONE      UINT32_MAX
#define IMAGE_DEPTH_MAX 64U        /* nesting of a condition */
#define IMAGE_BYTES_MAX (1U << 30) /* so that 32-bit arithmetic on offsets cannot wrap */

struct image_text {
    uint32_t at; /* into the text section; IMAGE_NONE: there is no such text */
    uint32_t length;
};

struct image_list {
    uint32_t first, count; /* into the section that the field's comment names */
};

/* How a SIGMA_TEXT test compares, by the shape of its pattern. */
enum text_form {
    TEXT_EQUAL,
    TEXT_PREFIX,
    TEXT_SUFFIX,
    TEXT_CONTAINS,
    TEXT_ANY,  /* nothing but `*` */
    TEXT_GLOB, /* everything else: pieces */
    TEXT_FORM_COUNT
};

#define TEST_CASED  1U
#define TEST_WANTED 2U
#define TEST_SOUGHT \
    4U /* it has seeks, or all members of the set have: one is found where it holds */

/* Beside those of Sigma: one of several texts or expressions, all of them sought or none. */
#define TEST_SET 16U

/* A literal that is looked for so as not to miss a test. */
enum seek_place { PLACE_WHOLE, PLACE_BEGIN, PLACE_END, PLACE_ANYWHERE }; /* of a text */

struct image_seek {
    struct image_text literal; /* folded */
    uint32_t types;            /* bits: the types of values whose text can hold it */
    uint32_t offset;           /* where its rarest grams begin (see seek.h), for the usual stride */
    uint32_t offset_wide;      /* and for the largest */
    uint8_t place;             /* enum seek_place */
    uint8_t is_exact;          /* the test holds when it is found; else it may hold */
    uint8_t is_high;           /* it is not ASCII */
    uint8_t reserved;
};

struct image_test {
    uint8_t kind; /* enum sigma_test_kind, or TEST_SET */
    uint8_t form; /* TEXT: enum text_form. CIDR: 4 or 6. COMPARE: enum sigma_compare. FIELDREF:
                     enum sigma_compare_text. TIMEPART: enum sigma_part. REGEX: flags */
    uint8_t flags;
    uint8_t split;  /* CIDR: length of the prefix in bits, of 128. TIMEPART: enum sigma_compare.
                       REGEX: how many of the pieces are alternatives; none: not known */
    uint32_t field; /* FIELDREF: the rule's name of the other field */
    struct image_text text;   /* literal, folded unless cased; expression; network of 16 bytes */
    struct image_list pieces; /* SET: words, its members' numbers. GLOB: pieces. REGEX: folded
                                 literals that a text needs, first those of which it needs one, then
                                 those that it needs in order */
    struct image_list seeks;
    float
        rate; /* share of values in which one of the seeks is expected; of a set, of all members */
    uint32_t reserved;
    double number;
};

struct image_piece {
    uint32_t kind; /* enum sigma_piece_kind */
    struct image_text literal;
};

struct image_atom {
    uint32_t field; /* IMAGE_NONE: any value of the event (keywords) */
    uint32_t test;
};

struct image_node {
    uint32_t kind;  /* enum sigma_node_kind */
    uint32_t value; /* LEAF: atom. Else: number of children, 1 for NOT */
};

struct image_note {
    struct image_text name; /* of the selection */
    uint32_t line;
};

struct image_rule {
    struct image_list nodes;   /* empty for a correlation */
    struct image_list sources; /* words: indices of sources */
    struct image_list needs;   /* words: fields of the rule without which it cannot fire */
};

struct image_source {
    struct image_list conditions;   /* all must hold */
    struct image_list translations; /* sorted by rule_field */
    struct image_list rules;        /* words, ascending */
    struct image_text audit;
};

struct image_condition {
    uint32_t field;
    struct image_list tests; /* words: one must hold */
};

struct image_translation {
    uint32_t rule_field, event_field;
    struct image_list values; /* sorted by rule_value */
};

/* A rule's whole value, folded, and the test for what the events have instead of it. */
struct image_value {
    struct image_text rule_value;
    uint32_t event_test;
};

struct image_info {
    struct image_text id, title, author, path, description, strength, layer;
    struct image_text category, product, service;
    struct image_list tags, tools; /* texts */
    uint32_t line;
    uint8_t level, status;
    uint8_t is_silent;
    uint8_t reserved;
    uint32_t correlation; /* index; IMAGE_NONE: a rule */
};

struct image_refusal {
    struct image_text path, reason;
    uint32_t line;
};

struct image_correlation {
    uint32_t type; /* enum sigma_correlation_type */
    uint32_t generate;
    uint64_t timespan_ns;
    double percentile;
    struct image_list rules;            /* words */
    struct image_list rule_names;       /* texts, as many */
    struct image_list group_by;         /* texts */
    struct image_list alias_names;      /* texts */
    struct image_list alias_fields;     /* texts, a field for each alias and rule */
    struct image_list condition_fields; /* texts */
    struct image_list bounds;
    struct image_list nodes; /* of the expression; the value of a leaf is an index into `rules` */
};

struct image_bound {
    uint32_t compare;
    uint32_t reserved;
    double number;
};

/* All sections, in the order in which they stand; each begins at a multiple of 8. */
#define IMAGE_SECTIONS(X)                     \
    X(text, uint8_t)                          \
    X(fields, struct image_text)              \
    X(tests, struct image_test)               \
    X(pieces, struct image_piece)             \
    X(seeks, struct image_seek)               \
    X(atoms, struct image_atom)               \
    X(nodes, struct image_node)               \
    X(notes, struct image_note)               \
    X(rules, struct image_rule)               \
    X(sources, struct image_source)           \
    X(conditions, struct image_condition)     \
    X(translations, struct image_translation) \
    X(values, struct image_value)             \
    X(words, uint32_t)                        \
    X(texts, struct image_text)               \
    X(infos, struct image_info)               \
    X(refusals, struct image_refusal)         \
    X(correlations, struct image_correlation) \
    X(bounds, struct image_bound)

enum image_section {
#define X(name, type) IMAGE_##name,
    IMAGE_SECTIONS(X)
#undef X
        IMAGE_SECTION_COUNT
};

/* Offset  0  magic        8 bytes
 *         8  version      4
 *        12  sections     4, IMAGE_SECTION_COUNT
 *        16  key          8, what it was made from
 *        24  length       8, of the whole
 *        32  hash         8, XXH3 of everything behind it, seeded with the key
 *        40  counts       4 for each section, then zeros up to a multiple of 8 */
struct image_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t section_count;
    uint64_t key;
    uint64_t length;
    uint64_t hash;
    uint32_t counts[(IMAGE_SECTION_COUNT + 1U) & ~1U];
};

/* The sections of an image whose bytes somebody else holds. */
struct image {
#define X(name, type) \
    const type *name; \
    uint32_t name##_count;
    IMAGE_SECTIONS(X)
#undef X
};

extern const uint8_t image_magic[8];
extern const size_t image_sizes[IMAGE_SECTION_COUNT];

/* Finds the sections in `bytes`, which must be aligned to 8, and proves that every index, range and
 * number in them is one that the matcher can rely on. STATUS_DAMAGED when it is not so, or when
 * length, version, key or hash are not right. */
enum status image_open(struct bytes bytes, uint64_t key, struct image *image,
                       struct fault *fault) MUST_CHECK;

/* Writes key and hash into the header of an image that is otherwise whole. */
void image_seal(uint8_t *bytes, size_t length, uint64_t key);

static inline struct bytes image_bytes(const struct image *image, struct image_text text)
{
    return bytes_of(image->text + text.at, text.length);
}

#endif
