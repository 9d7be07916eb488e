#include "rules/correlate/correlate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct correlate_hit sample(void)
{
    return (struct correlate_hit){
        .time = {.seconds = 1700000000, .nanos = 123456700, .digits = 7},
        .record = 77,
        .offset = 0x123456789A,
        .evidence = 3,
        .rule = 1234,
        .flow = {{5, 6, 7}},
        .host = bytes_of_text("SRV1"),
        .account = bytes_of_text(""),
        .source = bytes_of(NULL, 0),
        .value_count = 3,
        .values = {bytes_of_text("alice"), bytes_of(NULL, 0), bytes_of_text("")},
    };
}

static void assert_texts_equal(struct bytes one, struct bytes other)
{
    assert_true(bytes_equal(one, other));
    assert_int_equal(one.data == NULL, other.data == NULL);
}

static void a_hit_comes_back_as_it_was_written(void **state)
{
    (void)state;
    const struct correlate_hit hit = sample();
    struct correlate_hit read;
    struct buffer buffer = {0};
    correlate_hit_write(&buffer, &hit);
    assert_int_equal(correlate_hit_read(buffer_view(&buffer), &read, NULL), STATUS_OK);
    assert_int_equal(instant_compare(read.time, hit.time), 0);
    assert_int_equal(read.time.digits, 7);
    assert_int_equal(read.record, hit.record);
    assert_int_equal(read.offset, hit.offset);
    assert_int_equal(read.evidence, hit.evidence);
    assert_int_equal(read.rule, hit.rule);
    assert_memory_equal(read.flow.bytes, hit.flow.bytes, sizeof(hit.flow.bytes));
    assert_texts_equal(read.host, hit.host);
    assert_texts_equal(read.account, hit.account);
    assert_texts_equal(read.source, hit.source);
    assert_int_equal(read.value_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_texts_equal(read.values[i], hit.values[i]);
    buffer_release(&buffer);
}

static void a_long_text_keeps_its_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 126, 127, 128, 16382, 16383, 16384, 100000};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        uint8_t *text = calloc(lengths[i] + 1, 1);
        struct correlate_hit read, hit = sample();
        struct buffer buffer = {0};
        hit.values[0] = bytes_of(text, lengths[i]);
        correlate_hit_write(&buffer, &hit);
        assert_int_equal(correlate_hit_read(buffer_view(&buffer), &read, NULL), STATUS_OK);
        assert_texts_equal(read.values[0], hit.values[0]);
        buffer_release(&buffer);
        free(text);
    }
}

/* Reads a copy of exactly this size, so that a sanitizer sees the first byte too far. What reads
 * must be the one way to write that hit. */
static bool reads(const uint8_t *data, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    struct correlate_hit hit;
    struct fault fault = {0};
    if (length)
        memcpy(copy, data, length);
    const enum status status = correlate_hit_read(bytes_of(copy, length), &hit, &fault);
    if (status == STATUS_OK) {
        struct buffer again = {0};
        correlate_hit_write(&again, &hit);
        assert_true(bytes_equal(buffer_view(&again), bytes_of(copy, length)));
        buffer_release(&again);
    } else {
        assert_int_equal(status, STATUS_DAMAGED);
        assert_int_equal(fault.status, STATUS_DAMAGED);
        assert_true(fault.reason[0]);
    }
    free(copy);
    return status == STATUS_OK;
}

static void no_prefix_of_a_hit_reads_and_no_byte_may_follow(void **state)
{
    (void)state;
    const struct correlate_hit hit = sample();
    struct buffer buffer = {0};
    correlate_hit_write(&buffer, &hit);
    for (size_t length = 0; length < buffer.length; length++)
        assert_false(reads(buffer.data, length));
    assert_true(reads(buffer.data, buffer.length));
    buffer_byte(&buffer, 0);
    assert_false(reads(buffer.data, buffer.length));
    buffer_release(&buffer);
}

static void a_hit_with_any_bit_flipped_is_refused_or_is_another_hit(void **state)
{
    (void)state;
    const struct correlate_hit hit = sample();
    struct buffer buffer = {0};
    correlate_hit_write(&buffer, &hit);
    for (size_t bit = 0; bit < buffer.length * 8; bit++) {
        buffer.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        reads(buffer.data, buffer.length);
        buffer.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    buffer_release(&buffer);
}

static void a_length_longer_than_needed_is_refused(void **state)
{
    (void)state;
    struct correlate_hit hit = sample();
    hit.value_count = 0;
    struct buffer buffer = {0};
    correlate_hit_write(&buffer, &hit);
    buffer.length -= 1; /* the absent source */
    buffer_byte(&buffer, 0x80);
    buffer_byte(&buffer, 0x00);
    assert_false(reads(buffer.data, buffer.length));
    buffer_release(&buffer);
}

/* Writes two hits and compares them as bytes. */
static int order(const struct correlate_hit *one, const struct correlate_hit *other)
{
    struct buffer first = {0}, second = {0};
    correlate_hit_write(&first, one);
    correlate_hit_write(&second, other);
    const int result = bytes_compare(buffer_view(&first), buffer_view(&second));
    buffer_release(&first);
    buffer_release(&second);
    return result;
}

static void bytes_order_as_time_evidence_offset_and_rule_do(void **state)
{
    (void)state;
    struct correlate_hit less = sample(), more = sample();
    assert_int_equal(order(&less, &more), 0);
    more.record++;
    assert_true(order(&less, &more) < 0);
    less.rule++, less.record = UINT64_MAX;
    assert_true(order(&less, &more) > 0);
    more.offset++;
    assert_true(order(&less, &more) < 0);
    less.evidence++;
    assert_true(order(&less, &more) > 0);
    more.time.nanos++;
    assert_true(order(&less, &more) < 0);
    less.time.seconds++;
    assert_true(order(&less, &more) > 0);
    less.time.seconds = -1;
    assert_true(order(&less, &more) < 0);
    more.time.seconds = INSTANT_NONE;
    assert_true(order(&less, &more) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hit_comes_back_as_it_was_written),
        cmocka_unit_test(a_long_text_keeps_its_length),
        cmocka_unit_test(no_prefix_of_a_hit_reads_and_no_byte_may_follow),
        cmocka_unit_test(a_hit_with_any_bit_flipped_is_refused_or_is_another_hit),
        cmocka_unit_test(a_length_longer_than_needed_is_refused),
        cmocka_unit_test(bytes_order_as_time_evidence_offset_and_rule_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
