#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TALK_MAX   (1U << 16)
#define PIECES_MAX 40U

static const char *folder_of_talks;

void talks_in(const char *folder)
{
    folder_of_talks = folder;
}

struct buffer talk_read(const char *name)
{
    char path[4096];
    struct buffer talk = {.length = 0};
    (void)snprintf(path, sizeof(path), "%s/%s", folder_of_talks, name);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    uint8_t *room = buffer_room(&talk, TALK_MAX);
    assert_non_null(room);
    talk.length = fread(room, 1, TALK_MAX, file);
    (void)fclose(file);
    return talk;
}

struct lab *talk_events(const char *name, const struct wire_protocol *protocol)
{
    struct buffer talk = talk_read(name);
    struct lab *lab = lab_new();
    lab_talk(lab, protocol, buffer_view(&talk), 0);
    buffer_release(&talk);
    assert_int_equal(lab_damaged(lab), 0);
    return lab;
}

void expect(const struct lab *lab, size_t count, const char *log, const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "{\"_path\":\"%s\"", log);
    if (lab_count(lab, path, text) != count)
        print_error("%s, %s:\n%.*s\n", log, text, (int)lab->events.length,
                    (const char *)lab->events.data);
    assert_int_equal(lab_count(lab, path, text), count);
}

void talk_in_pieces(const struct talk *talk)
{
    if (talk->is_in_messages)
        return;
    struct buffer bytes = talk_read(talk->name);
    struct lab *whole = lab_new();
    lab_talk(whole, talk->protocol, buffer_view(&bytes), 0);
    for (size_t piece = 1; piece < PIECES_MAX; piece++) {
        struct lab *lab = lab_new();
        lab_talk(lab, talk->protocol, buffer_view(&bytes), piece);
        assert_int_equal(lab->events.length, whole->events.length);
        assert_memory_equal(lab->events.data, whole->events.data, whole->events.length);
        lab_free(lab);
    }
    lab_free(whole);
    buffer_release(&bytes);
}

static void give(const struct wire_protocol *protocol, struct bytes bytes)
{
    struct lab *lab = lab_new();
    lab_talk(lab, protocol, bytes, 0);
    assert_int_equal(lab->lane.memory, 0);
    lab_free(lab);
}

void talk_prefixes(const struct talk *talk)
{
    struct buffer bytes = talk_read(talk->name);
    for (size_t length = 0; length < bytes.length; length++)
        give(talk->protocol, bytes_of(bytes.data, length));
    buffer_release(&bytes);
}

void talk_bit_flips(const struct talk *talk)
{
    struct buffer bytes = talk_read(talk->name);
    for (size_t bit = 0; bit < bytes.length * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        give(talk->protocol, buffer_view(&bytes));
        bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    buffer_release(&bytes);
}

/* The talk with [from, to) of the record at `record` lost; returns where the next record begins. */
static size_t gap_make(struct bytes talk, size_t record, const size_t gap[2], struct buffer *to)
{
    const uint8_t *header = talk.data + record;
    const size_t length = load_le32(header) >> 8;
    const struct {
        unsigned kind;
        size_t from, to;
    } parts[] = {
        {header[0], 0, gap[0]}, {2U | header[0], gap[0], gap[1]}, {header[0], gap[1], length}};
    buffer_bytes(to, talk.data, record);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const size_t part = parts[i].to - parts[i].from;
        if (!part)
            continue;
        const uint8_t begin[] = {(uint8_t)parts[i].kind, (uint8_t)part, (uint8_t)(part >> 8),
                                 (uint8_t)(part >> 16)};
        buffer_bytes(to, begin, sizeof(begin));
        if (parts[i].kind < 2)
            buffer_bytes(to, header + 4 + parts[i].from, part);
    }
    const size_t next = record + 4 + length;
    buffer_bytes(to, talk.data + next, talk.length - next);
    return next;
}

/* How many lines of the log are in `all` and not in `some`. */
static size_t lines_missing(const struct lab *all, const struct lab *some, const char *log)
{
    struct bytes rest = buffer_view(&all->events);
    size_t missing = 0;
    while (rest.length) {
        const size_t length = (size_t)((uint8_t *)memchr(rest.data, '\n', rest.length) - rest.data);
        missing += memmem(rest.data, length, log, strlen(log)) &&
                   (!some->events.length ||
                    !memmem(some->events.data, some->events.length, rest.data, length + 1));
        rest = bytes_of(rest.data + length + 1, rest.length - length - 1);
    }
    return missing;
}

void talk_with_gaps(const struct talk *talk, const char *log, size_t first)
{
    struct buffer bytes = talk_read(talk->name);
    struct lab *whole = lab_new();
    char path[64];
    (void)snprintf(path, sizeof(path), "{\"_path\":\"%s\"", log);
    lab_talk(whole, talk->protocol, buffer_view(&bytes), 0);
    size_t next = 0;
    for (size_t record = 0, number = 0; record < bytes.length; record = next, number++) {
        const size_t length = load_le32(bytes.data + record) >> 8;
        const size_t gaps[][2] = {
            {0, length}, {0, length / 2}, {length / 3, length / 2}, {length / 2, length}};
        for (size_t i = 0; i < COUNT_OF(gaps); i++) {
            struct buffer torn = {.length = 0};
            struct lab *lab = lab_new();
            next = gap_make(buffer_view(&bytes), record, gaps[i], &torn);
            lab_talk(lab, talk->protocol, buffer_view(&torn), 0);
            const size_t missing = lines_missing(whole, lab, path);
            if (number >= first && missing > 1)
                fail_msg("%s, record %zu, gap %zu: %zu events less:\n%.*s", talk->name, number, i,
                         missing, (int)lab->events.length, (const char *)lab->events.data);
            assert_int_equal(lab_damaged(lab), 0);
            lab_free(lab);
            buffer_release(&torn);
        }
    }
    lab_free(whole);
    buffer_release(&bytes);
}
