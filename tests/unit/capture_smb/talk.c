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
