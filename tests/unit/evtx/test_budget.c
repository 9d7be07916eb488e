/* What a record may cost, counted. Linked with --wrap for the allocator. */
#include "lab.h"

#include <stdlib.h>

static size_t allocations;
static struct buffer sample;

void *__real_malloc(size_t length);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t length);
void *__wrap_malloc(size_t length);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t length);

void *__wrap_malloc(size_t length)
{
    allocations++;
    return __real_malloc(length);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t length)
{
    allocations++;
    return __real_realloc(old, length);
}

/* As dump does. */
static void render(void *context, struct event *event)
{
    struct lab *lab = context;
    (void)event;
    lab->count++;
    evtx_decoder_render(lab->decoder, READER_TEXT_JSON, &lab->text);
}

/* As rules do that ask for every field. */
static void look(void *context, struct event *event)
{
    struct lab *lab = context;
    lab->count++;
    for (unsigned slot = 0; slot < event->shape->count; slot++) {
        lab->carved += event_text(event, slot).length > 0;
        lab->carved += event_folded(event, slot).length > 0;
        for (uint32_t i = 0;
             event->values[slot].type == VALUE_LIST && i < event->values[slot].length; i++)
            lab->carved += event_item_folded(event, slot, i).length > 0;
    }
}

static void assert_no_allocations(bool no_fields, event_sink *sink)
{
    struct lab lab;
    lab_open(&lab, false);
    lab.shared.no_fields = no_fields;
    const struct evtx_piece piece = {
        .chunk = bytes_of(sample.data + EVTX_FILE_HEADER, EVTX_CHUNK_LENGTH)};
    for (int round = 0; round < 3; round++) {
        buffer_reset(&lab.text);
        lab.count = 0;
        allocations = 0;
        evtx_decode_chunk(lab.decoder, &piece, &lab.account, sink, &lab);
        assert_int_equal(lab.count, LAB_RECORDS);
    }
    assert_int_equal(allocations, 0);
    assert_int_equal(lab.account.damaged, 0);
    lab_close(&lab);
}

static void a_record_as_json_allocates_nothing(void **state)
{
    (void)state;
    assert_no_allocations(true, render);
}

static void a_record_as_fields_allocates_nothing(void **state)
{
    (void)state;
    assert_no_allocations(false, look);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 1;
    sample = lab_log(arguments[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_as_json_allocates_nothing),
        cmocka_unit_test(a_record_as_fields_allocates_nothing),
    };
    const int failed = cmocka_run_group_tests_name("evtx budget", tests, NULL, NULL);
    buffer_release(&sample);
    return failed;
}
