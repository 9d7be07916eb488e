/* Template definitions: compiled once, found again in every chunk that has the same one. */
#ifndef IMPOUND_READERS_EVTX_BINXML_TEMPLATE_H
#define IMPOUND_READERS_EVTX_BINXML_TEMPLATE_H

#include "readers/evtx/binxml.h"
#include "readers/evtx/binxml_name.h"

/* Where a definition's body refers to a name. */
struct binxml_reference {
    uint32_t at;      /* in the body, of the 4-byte offset */
    bool is_inline;   /* the name's entry follows the offset in the body */
    struct bytes raw; /* the name: units count and UTF-16 units as stored */
};

struct binxml_template {
    struct binxml_template *next; /* with the same hash */
    uint8_t guid[16];
    struct bytes body; /* a copy */
    const struct binxml_reference *references;
    uint32_t reference_count;
    struct binxml_tree tree;
};

/* What a builder's user hands in when a template instance stands inside the stream; NULL refuses.
 */
typedef enum status binxml_instance_reader(void *context, size_t *at,
                                           const struct binxml_instance **instance,
                                           struct fault *fault);

struct binxml_compile {
    const struct binxml_chunk *chunk;
    struct binxml_names *names;           /* of the chunk */
    struct arena *keep;                   /* the tree's memory */
    struct arena *scratch;                /* for the work */
    size_t start, end;                    /* of the stream in the chunk */
    bool is_definition;                   /* elements carry a dependency identifier */
    bool keeps_literals;                  /* literals are copied, since the chunk goes */
    bool counts_literals;                 /* they become slots, as binxml_outline.h has them */
    const struct binxml_instance *before; /* comes before the stream; NULL: none does */
    binxml_instance_reader *read_instance;
    void *context;
};

/* Compiles a stream. The references are for definitions only and may be NULL. */
enum status binxml_compile(const struct binxml_compile *compile, struct binxml_tree *tree,
                           const struct binxml_reference **references, uint32_t *reference_count,
                           struct fault *fault) MUST_CHECK;

#endif
