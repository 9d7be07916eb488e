/* Bounded tables of one connection: requests by message id, files, trees and logons by theirs.
 * Entries begin with a node, come from the connection's arena and are used again. */
#ifndef IMPOUND_READERS_CAPTURE_SMB_TABLE_H
#define IMPOUND_READERS_CAPTURE_SMB_TABLE_H

#include "base/arena.h"

#define SMB_BUCKETS 64

struct smb_node {
    struct smb_node *chain;         /* of the bucket, or of the spare ones */
    struct smb_node *older, *newer; /* all that are in use, by age */
    uint64_t key;
};

struct smb_table {
    struct smb_node *buckets[SMB_BUCKETS];
    struct smb_node *oldest, *newest;
    struct smb_node *spare;
    uint32_t count, maximum;
    uint32_t size; /* of an entry, in bytes */
};

void smb_table_init(struct smb_table *table, uint32_t maximum, size_t size);

static inline bool smb_table_is_full(const struct smb_table *table)
{
    return table->count == table->maximum;
}

/* The newest entry with this key, or NULL. */
void *smb_table_find(const struct smb_table *table, uint64_t key);

/* A new entry: cleared when its memory is new, as it was left when it is used again. NULL without
 * memory or when the table is full. */
void *smb_table_take(struct smb_table *table, struct arena *arena, uint64_t key);

void smb_table_drop(struct smb_table *table, void *entry);

/* Text in the arena that is written again and again: keeps its room. */
struct smb_text {
    uint8_t *data;
    uint32_t length, room;
};

static inline struct bytes smb_text_view(const struct smb_text *text)
{
    return bytes_of(text->data, text->length);
}

/* Appends; false, and nothing appended, past `maximum` bytes in all or without memory. */
bool smb_text_add(struct smb_text *text, struct arena *arena, struct bytes more, size_t maximum);
bool smb_text_add_number(struct smb_text *text, struct arena *arena, const char *before,
                         uint64_t number, unsigned base, size_t maximum);

/* Sets it to the UTF-8 of UTF-16LE text, of which SMB_NAME_UNITS units count, up to a NUL. */
#define SMB_NAME_UNITS 1024
void smb_text_set_utf16(struct smb_text *text, struct arena *arena, struct bytes utf16);
/* Sets it to bytes of an unknown code page; what is not ASCII becomes U+FFFD. */
void smb_text_set_ascii(struct smb_text *text, struct arena *arena, struct bytes ascii);

#endif
