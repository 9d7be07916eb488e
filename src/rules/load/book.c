#include "rules/load/book.h"

#include "base/attributes.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "rules/load/file.h"
#include "rules/load/load.h"

#include <stdio.h>
#include <stdlib.h>

void book_init(struct book *book)
{
    *book = (struct book){0};
    arena_init(&book->arena, LOAD_ALL_MAX);
}

void book_release(struct book *book)
{
    arena_release(&book->arena);
    free(book->pages);
    book_init(book);
}

enum status book_add(struct book *book, const char *path, struct bytes text, struct fault *fault)
{
    if (book->count == book->room) {
        const size_t room = book->room ? book->room * 2 : 256;
        struct book_page *pages = realloc(book->pages, room * sizeof(*pages));
        if (!pages)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for the rules");
        book->pages = pages;
        book->room = room;
    }
    const char *kept = arena_keep_text(&book->arena, bytes_of_text(path));
    const struct bytes copy = arena_keep(&book->arena, text);
    if (!kept || !copy.data)
        return fault_set(fault, STATUS_REFUSED, 0, "the rules are larger than %u MiB in all",
                         LOAD_ALL_MAX >> 20);
    book->pages[book->count++] = (struct book_page){kept, copy};
    book->bytes += text.length;
    return STATUS_OK;
}

static enum status file_add(void *context, const char *path, const struct stat *info,
                            struct fault *fault)
{
    struct book *book = context;
    struct buffer text = {0};
    (void)info;
    enum status status = file_read(path, LOAD_FILE_MAX, &text, fault);
    if (status == STATUS_OK)
        status = book_add(book, path, buffer_view(&text), fault);
    buffer_release(&text);
    return status;
}

enum status book_add_path(struct book *book, const char *path, struct fault *fault)
{
    return book_walk(path, file_add, book, fault);
}

enum status book_add_pack(struct book *book, const char *prefix, struct bytes pack,
                          struct fault *fault)
{
    struct cursor at = cursor_over(pack, 0);
    while (cursor_left(&at)) {
        const uint64_t offset = cursor_offset(&at);
        const uint8_t *header = cursor_take(&at, 8);
        const uint8_t *path = header ? cursor_take(&at, load_le32(header)) : NULL;
        const uint8_t *text = path ? cursor_take(&at, load_le32(header + 4)) : NULL;
        if (!text)
            return fault_set(fault, STATUS_DAMAGED, offset, "a pack of rules that is cut off");
        char *whole = NULL;
        if (asprintf(&whole, "%s%.*s", prefix, (int)load_le32(header), (const char *)path) < 0)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for the rules");
        const enum status status =
            book_add(book, whole, bytes_of(text, load_le32(header + 4)), fault);
        free(whole);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static void number_append(struct buffer *to, size_t number)
{
    const uint32_t stored = (uint32_t)number;
    buffer_bytes(to, &stored, sizeof(stored));
}

void book_write_pack(const struct book *book, struct buffer *to)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct book_page *page = &book->pages[i];
        number_append(to, strlen(page->path));
        number_append(to, page->text.length);
        buffer_text(to, page->path);
        buffer_bytes(to, page->text.data, page->text.length);
    }
}

uint64_t book_hash(const struct book *book, uint64_t seed)
{
    for (size_t i = 0; i < book->count; i++) {
        seed = hash_bytes(bytes_of_text(book->pages[i].path), seed);
        seed = hash_bytes(book->pages[i].text, seed);
    }
    return seed;
}
