#include "lab.h"

#include "readers/evtx/evtx_spans.h"

#include <stdlib.h>

static struct buffer sample;

static struct buffer chunk_copy(void)
{
    struct buffer copy = {0};
    buffer_bytes(&copy, sample.data + EVTX_FILE_HEADER, EVTX_CHUNK_LENGTH);
    return copy;
}

static void the_headers_of_a_sound_log_verify(void **state)
{
    (void)state;
    const struct bytes chunk = bytes_of(sample.data + EVTX_FILE_HEADER, EVTX_CHUNK_LENGTH);
    assert_true(evtx_is_file_header(buffer_view(&sample)));
    assert_true(evtx_file_header_is_whole(sample.data));
    assert_true(evtx_is_chunk_header(chunk));
    const struct evtx_chunk_header header = evtx_chunk_header_load(chunk);
    assert_true(header.is_header_whole && header.has_records && header.is_free_known);
    assert_false(header.is_open);
    assert_true(header.has_checksum);
    assert_int_equal(header.first_identifier, 1);
    assert_int_equal(header.last_identifier, LAB_RECORDS);
    assert_true(evtx_chunk_is_whole(chunk, header.free_offset));
    assert_false(evtx_chunk_is_whole(chunk, header.free_offset - 1));
    assert_false(evtx_chunk_is_whole(chunk, EVTX_CHUNK_LENGTH + 1));
}

static void a_flipped_bit_of_a_header_is_seen(void **state)
{
    (void)state;
    struct buffer copy = chunk_copy();
    for (size_t bit = 8 * 8; bit < (size_t)EVTX_CHUNK_HEADER * 8; bit++) {
        copy.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const struct evtx_chunk_header header = evtx_chunk_header_load(buffer_view(&copy));
        const bool is_covered = bit / 8 < 120 || bit / 8 >= 124;
        assert_int_equal(header.is_header_whole, !is_covered);
        assert_true(header.free_offset >= EVTX_CHUNK_HEADER &&
                    header.free_offset <= EVTX_CHUNK_LENGTH);
        copy.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buffer_release(&copy);
}

static void an_envelope_needs_its_magic_and_both_sizes(void **state)
{
    (void)state;
    const struct bytes chunk = lab_chunk(&sample);
    const struct evtx_envelope first = lab_record(chunk, 0);
    struct evtx_envelope read;
    assert_int_equal(first.offset, EVTX_CHUNK_HEADER);
    assert_int_equal(first.identifier, 1);
    for (size_t length = 0; length < first.offset + first.length; length++)
        assert_false(evtx_envelope_at(bytes_of(chunk.data, length), first.offset, &read));
    assert_true(
        evtx_envelope_at(bytes_of(chunk.data, first.offset + first.length), first.offset, &read));
    struct buffer copy = chunk_copy();
    for (size_t byte = 0; byte < 8; byte++) {
        copy.data[first.offset + byte] ^= 1;
        assert_false(evtx_envelope_at(buffer_view(&copy), first.offset, &read));
        copy.data[first.offset + byte] ^= 1;
    }
    for (size_t byte = 1; byte <= 4; byte++) {
        copy.data[first.offset + first.length - byte] ^= 1;
        assert_false(evtx_envelope_at(buffer_view(&copy), first.offset, &read));
        copy.data[first.offset + first.length - byte] ^= 1;
    }
    buffer_release(&copy);
}

static void an_envelope_is_found_wherever_it_stands(void **state)
{
    (void)state;
    const struct bytes chunk = lab_chunk(&sample);
    const struct evtx_envelope first = lab_record(chunk, 0), second = lab_record(chunk, 1);
    struct evtx_envelope found;
    assert_true(evtx_envelope_find(chunk, 0, chunk.length, &found));
    assert_int_equal(found.offset, first.offset);
    assert_true(evtx_envelope_find(chunk, first.offset + 1, chunk.length, &found));
    assert_int_equal(found.offset, second.offset);
    assert_false(evtx_envelope_find(chunk, 0, first.offset, &found));
    assert_false(evtx_envelope_find(chunk, chunk.length, SIZE_MAX, &found));
    assert_false(evtx_envelope_find((struct bytes){0}, 0, 0, &found));
}

static void one_right_size_of_two_is_enough_where_the_record_ends(void **state)
{
    (void)state;
    struct buffer copy = chunk_copy();
    const struct evtx_envelope first = lab_record(buffer_view(&copy), 0);
    const size_t end = first.offset + first.length;
    struct evtx_envelope mended;
    copy.data[first.offset + 5] ^= 0x40;
    assert_true(evtx_envelope_mend(buffer_view(&copy), first.offset, end, &mended));
    assert_int_equal(mended.length, first.length);
    assert_false(evtx_envelope_mend(buffer_view(&copy), first.offset, end - 8, &mended));
    copy.data[end - 4] ^= 1;
    assert_false(evtx_envelope_mend(buffer_view(&copy), first.offset, end, &mended));
    copy.data[first.offset + 5] ^= 0x40;
    assert_true(evtx_envelope_mend(buffer_view(&copy), first.offset, end, &mended));
    copy.data[first.offset] = 0;
    assert_false(evtx_envelope_mend(buffer_view(&copy), first.offset, end, &mended));
    assert_false(evtx_envelope_mend(buffer_view(&copy), first.offset, SIZE_MAX, &mended));
    buffer_release(&copy);
}

/* As tools do that delete single events: the record before is made to reach over the deleted one.
 */
static struct buffer enlarge(unsigned index)
{
    struct buffer copy = chunk_copy();
    const struct evtx_envelope outer = lab_record(buffer_view(&copy), index);
    const struct evtx_envelope hidden = lab_record(buffer_view(&copy), index + 1);
    const uint32_t length = (uint32_t)(outer.length + hidden.length);
    memcpy(copy.data + outer.offset + 4, &length, 4);
    memcpy(copy.data + hidden.offset + hidden.length - 4, &length, 4);
    return copy;
}

static void a_record_that_another_was_enlarged_over_is_told_of_and_carved(void **state)
{
    (void)state;
    for (unsigned index = 0; index + 1 < LAB_RECORDS; index++) {
        struct buffer copy = enlarge(index);
        struct lab live, carving;
        lab_open(&live, false);
        lab_open(&carving, true);
        lab_decode(&live, buffer_view(&copy));
        lab_decode(&carving, buffer_view(&copy));
        assert_int_equal(live.count, LAB_RECORDS - 1);
        assert_true(live.account.is_incomplete && carving.account.is_incomplete);
        assert_int_equal(live.account.missing, 1);
        assert_true(lab_is_noted(&live, "was enlarged over record"));
        assert_int_equal(carving.count, LAB_RECORDS);
        assert_int_equal(carving.carved, 1);
        assert_int_equal(carving.identifiers[index + 1], index + 2);
        lab_close(&live);
        lab_close(&carving);
        buffer_release(&copy);
    }
}

static void gaps_are_what_no_chunk_covers_in_any_order(void **state)
{
    (void)state;
    static const struct evtx_span spans[] = {{50, 60}, {1, 10},  {11, 20},
                                             {58, 70}, {30, 30}, {5, 6}};
    struct evtx_spans all = {0};
    struct evtx_span gap;
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        evtx_spans_add(&all, spans[i].first, spans[i].last);
    evtx_spans_add(&all, UINT64_MAX, UINT64_MAX);
    evtx_spans_close(&all);
    assert_int_equal(evtx_spans_highest(&all), 70);
    assert_true(evtx_spans_gap(&all, 0, &gap));
    assert_int_equal(gap.first, 21);
    assert_int_equal(gap.last, 29);
    assert_true(evtx_spans_gap(&all, 1, &gap));
    assert_int_equal(gap.first, 31);
    assert_int_equal(gap.last, 49);
    assert_false(evtx_spans_gap(&all, 2, &gap));
    evtx_spans_release(&all);
}

static void chunks_in_order_are_one_span_and_pieces_are_bounded(void **state)
{
    (void)state;
    struct evtx_spans all = {0};
    struct evtx_span gap;
    evtx_spans_close(&all);
    assert_int_equal(evtx_spans_highest(&all), 0);
    assert_false(evtx_spans_gap(&all, 0, &gap));
    for (uint64_t i = 0; i < 100000; i++)
        evtx_spans_add(&all, i * 10, i * 10 + 9);
    assert_int_equal(all.spans.length, sizeof(struct evtx_span));
    assert_false(all.is_full);
    for (uint64_t i = 0; i < 100000; i++)
        evtx_spans_add(&all, i * 3, i * 3);
    assert_true(all.is_full);
    assert_int_equal(all.spans.length, EVTX_SPANS_MAX * sizeof(struct evtx_span));
    evtx_spans_release(&all);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 1;
    sample = lab_log(arguments[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_of_a_sound_log_verify),
        cmocka_unit_test(a_flipped_bit_of_a_header_is_seen),
        cmocka_unit_test(an_envelope_needs_its_magic_and_both_sizes),
        cmocka_unit_test(an_envelope_is_found_wherever_it_stands),
        cmocka_unit_test(one_right_size_of_two_is_enough_where_the_record_ends),
        cmocka_unit_test(a_record_that_another_was_enlarged_over_is_told_of_and_carved),
        cmocka_unit_test(gaps_are_what_no_chunk_covers_in_any_order),
        cmocka_unit_test(chunks_in_order_are_one_span_and_pieces_are_bounded),
    };
    const int failed = cmocka_run_group_tests_name("evtx chunk", tests, NULL, NULL);
    buffer_release(&sample);
    return failed;
}
