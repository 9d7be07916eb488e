#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void the_known_fields_have_fixed_ids(void **state)
{
    (void)state;
    struct names *fields = fields_new();
    assert_int_equal(names_find(fields, bytes_of_text("Channel")), FIELD_CHANNEL);
    assert_int_equal(names_find(fields, bytes_of_text("Provider_Name")), FIELD_PROVIDER_NAME);
    assert_int_equal(names_find(fields, bytes_of_text("EventID")), FIELD_EVENT_ID);
    assert_int_equal(names_find(fields, bytes_of_text("Computer")), FIELD_COMPUTER);
    assert_int_equal(names_find(fields, bytes_of_text("EventRecordID")), FIELD_EVENT_RECORD_ID);
    assert_int_equal(names_find(fields, bytes_of_text("TimeCreated")), FIELD_TIME_CREATED);
    assert_int_equal(names_find(fields, bytes_of_text("Level")), FIELD_LEVEL);
    assert_int_equal(names_find(fields, bytes_of_text("_path")), FIELD_STREAM);
    assert_int_equal(names_count(fields), FIELD_KNOWN_COUNT - 1);
    names_free(fields);
}

static void equal_lists_of_names_are_one_shape(void **state)
{
    (void)state;
    struct shapes *shapes = shapes_new(1000);
    const name_id one[] = {FIELD_EVENT_ID, 50, 51}, other[] = {FIELD_EVENT_ID, 51, 50};
    const struct shape *first = shapes_intern(shapes, one, 3);
    assert_non_null(first);
    assert_int_equal(first->serial, 1);
    assert_ptr_equal(shapes_intern(shapes, one, 3), first);
    assert_int_equal(shapes_intern(shapes, other, 3)->serial, 2);
    assert_int_equal(shapes_intern(shapes, one, 2)->serial, 3);
    assert_int_equal(shapes_intern(shapes, one, 0)->serial, 4);
    assert_int_equal(shapes_count(shapes), 4);
    shapes_free(shapes);
}

static void past_the_maximum_shapes_are_not_shared(void **state)
{
    (void)state;
    struct shapes *shapes = shapes_new(2);
    const name_id fields[] = {10, 11, 12};
    const struct shape *one = shapes_intern(shapes, fields, 1);
    assert_non_null(shapes_intern(shapes, fields, 2));
    assert_null(shapes_intern(shapes, fields, 3));
    assert_ptr_equal(shapes_intern(shapes, fields, 1), one);
    assert_null(shapes_intern(shapes, fields, SHAPE_FIELDS_MAX + 1));
    shapes_free(shapes);
}

static void a_field_that_occurs_twice_has_its_first_slot(void **state)
{
    (void)state;
    const name_id fields[] = {60, FIELD_CHANNEL, 61, FIELD_CHANNEL, 60};
    struct shape shape;
    shape_init(&shape, fields, 5);
    assert_int_equal(shape.serial, 0);
    assert_int_equal(shape_slot(&shape, 60), 0);
    assert_int_equal(shape_slot(&shape, FIELD_CHANNEL), 1);
    assert_int_equal(shape_slot(&shape, 61), 2);
    assert_int_equal(shape_slot(&shape, 62), SHAPE_NO_SLOT);
    assert_int_equal(shape_slot(&shape, FIELD_LEVEL), SHAPE_NO_SLOT);
}

struct lab {
    struct event event;
    struct shape shape;
    name_id fields[100];
    struct value values[100];
};

static void lab_open(struct lab *lab, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        lab->fields[i] = 100 + i;
    shape_init(&lab->shape, lab->fields, count);
    lab->event =
        (struct event){.shape = &lab->shape, .values = lab->values, .cache = event_cache_new()};
}

static void assert_text(struct bytes text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    if (text.length)
        assert_memory_equal(text.data, expected, text.length);
}

static void a_text_is_rendered_once_an_event(void **state)
{
    (void)state;
    static struct lab lab;
    lab_open(&lab, 80);
    for (uint32_t i = 0; i < 80; i++)
        lab.values[i] = (struct value){.type = VALUE_HEX, .number = 0xAB00 + i};
    for (int round = 0; round < 3; round++) {
        event_begin(&lab.event);
        for (unsigned slot = 0; slot < 80; slot++) {
            char expected[16];
            snprintf(expected, sizeof(expected), "0xab%02x", slot);
            const struct bytes text = event_text(&lab.event, slot);
            assert_text(text, expected);
            assert_ptr_equal(event_text(&lab.event, slot).data, text.data);
        }
        assert_text(event_text(&lab.event, 0), "0xab00");
    }
    lab.values[5] = (struct value){.type = VALUE_UINT, .number = 5};
    assert_text(event_text(&lab.event, 5), "0xab05");
    event_begin(&lab.event);
    assert_text(event_text(&lab.event, 5), "5");
    event_cache_free(lab.event.cache);
}

static void the_folded_text_is_kept_beside_the_other(void **state)
{
    (void)state;
    static struct lab lab;
    lab_open(&lab, 2);
    lab.values[0] =
        (struct value){.type = VALUE_UTF16, .length = 4, .data = (const uint8_t *)"A\0\xC9\0"};
    lab.values[1] = (struct value){.type = VALUE_UTF8, .length = 3, .data = (const uint8_t *)"ABC"};
    event_begin(&lab.event);
    assert_text(event_folded(&lab.event, 0), "a\xC3\xA9");
    assert_text(event_text(&lab.event, 0), "A\xC3\x89");
    assert_text(event_text(&lab.event, 1), "ABC");
    assert_ptr_equal(event_text(&lab.event, 1).data, lab.values[1].data);
    assert_text(event_folded(&lab.event, 1), "abc");
    event_cache_free(lab.event.cache);
}

static void nothing_and_lists_have_no_text_and_items_do(void **state)
{
    (void)state;
    static struct lab lab;
    static const struct value items[] = {
        {.type = VALUE_UTF8, .length = 2, .data = (const uint8_t *)"It"},
        {.type = VALUE_UINT, .number = 9},
    };
    lab_open(&lab, 3);
    lab.values[0] = (struct value){.type = VALUE_ABSENT};
    lab.values[1] = (struct value){.type = VALUE_NULL};
    lab.values[2] = (struct value){.type = VALUE_LIST, .length = 2, .items = items};
    event_begin(&lab.event);
    for (unsigned slot = 0; slot < 3; slot++) {
        assert_text(event_text(&lab.event, slot), "");
        assert_text(event_folded(&lab.event, slot), "");
        assert_non_null(event_text(&lab.event, slot).data);
    }
    assert_text(event_item_text(&lab.event, 2, 0), "It");
    assert_text(event_item_folded(&lab.event, 2, 0), "it");
    assert_text(event_item_text(&lab.event, 2, 1), "9");
    assert_null(event_find(&lab.event, 100));
    assert_ptr_equal(event_find(&lab.event, 101), &lab.values[1]);
    assert_null(event_find(&lab.event, 999));
    event_cache_free(lab.event.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_fields_have_fixed_ids),
        cmocka_unit_test(equal_lists_of_names_are_one_shape),
        cmocka_unit_test(past_the_maximum_shapes_are_not_shared),
        cmocka_unit_test(a_field_that_occurs_twice_has_its_first_slot),
        cmocka_unit_test(a_text_is_rendered_once_an_event),
        cmocka_unit_test(the_folded_text_is_kept_beside_the_other),
        cmocka_unit_test(nothing_and_lists_have_no_text_and_items_do),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
