/* Every prefix and every flipped bit of a small chunk: nothing outside of it is read, and whatever
 * is lost is said. */
#include "lab.h"

static struct buffer sample;

static void every_record_is_read_and_nothing_is_wrong(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, true);
    lab_decode(&lab, bytes_of(sample.data + EVTX_FILE_HEADER, EVTX_CHUNK_LENGTH));
    assert_int_equal(lab.count, LAB_RECORDS);
    assert_int_equal(lab.carved, 0);
    assert_int_equal(lab.account.read, LAB_RECORDS);
    assert_int_equal(lab.account.damaged + lab.account.missing, 0);
    assert_false(lab.account.is_incomplete);
    assert_int_equal(lab.account.note_count, 0);
    lab_close(&lab);
}

static void a_chunk_that_is_cut_off_gives_its_whole_records(void **state)
{
    (void)state;
    const struct bytes chunk = lab_chunk(&sample);
    struct lab lab;
    lab_open(&lab, false);
    for (size_t length = 0; length < chunk.length; length++) {
        unsigned whole = 0;
        for (unsigned i = 0; i < LAB_RECORDS; i++) {
            const struct evtx_envelope record = lab_record(chunk, i);
            whole += record.offset + record.length <= length;
        }
        lab_decode(&lab, bytes_of(chunk.data, length));
        assert_int_equal(lab.count, length < EVTX_CHUNK_HEADER ? 0 : whole);
        assert_int_equal(lab.account.is_incomplete, length >= EVTX_CHUNK_HEADER);
        if (length >= EVTX_CHUNK_HEADER)
            assert_int_equal(lab.account.damaged + lab.account.missing, LAB_RECORDS - whole);
    }
    lab_close(&lab);
}

static void a_flipped_bit_of_a_record_is_a_loss(void **state)
{
    (void)state;
    struct buffer copy = {0};
    struct lab live, carving;
    const struct bytes chunk = lab_chunk(&sample);
    buffer_bytes(&copy, chunk.data, chunk.length);
    lab_open(&live, false);
    lab_open(&carving, true);
    for (size_t bit = (size_t)EVTX_CHUNK_HEADER * 8; bit < chunk.length * 8; bit++) {
        copy.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        lab_decode(&live, buffer_view(&copy));
        assert_true(live.account.is_incomplete);
        assert_true(live.account.note_count > 0);
        assert_true(live.count <= LAB_RECORDS);
        if (bit % 8 == 3) {
            lab_decode(&carving, buffer_view(&copy));
            assert_true(carving.account.is_incomplete);
            assert_true(carving.count >= live.count);
        }
        copy.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    lab_close(&live);
    lab_close(&carving);
    buffer_release(&copy);
}

static void a_flipped_bit_of_the_header_loses_no_record(void **state)
{
    (void)state;
    struct buffer copy = {0};
    struct lab lab;
    buffer_bytes(&copy, sample.data + EVTX_FILE_HEADER, EVTX_CHUNK_LENGTH);
    lab_open(&lab, true);
    for (size_t bit = 0; bit < (size_t)EVTX_CHUNK_HEADER * 8; bit++) {
        copy.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        lab_decode(&lab, buffer_view(&copy));
        assert_int_equal(lab.count, LAB_RECORDS);
        for (unsigned i = 0; i < LAB_RECORDS; i++)
            assert_int_equal(lab.identifiers[i], i + 1);
        copy.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    lab_close(&lab);
    buffer_release(&copy);
}

/* What stands where the definition was is not the one that the record means. */
static void a_record_is_not_read_with_anothers_template(void **state)
{
    (void)state;
    struct buffer copy = {0};
    struct lab lab;
    buffer_bytes(&copy, sample.data + EVTX_FILE_HEADER, EVTX_CHUNK_LENGTH);
    const struct evtx_envelope last = lab_record(buffer_view(&copy), LAB_RECORDS - 1);
    copy.data[last.offset + EVTX_RECORD_HEADER + 4 + 2] ^= 1;
    lab_open(&lab, false);
    lab_decode(&lab, buffer_view(&copy));
    assert_int_equal(lab.count, LAB_RECORDS - 1);
    assert_true(lab_is_noted(&lab, "the template definition is another one's"));
    lab_close(&lab);
    buffer_release(&copy);
}

/* The cache finds a template again by what it says, in every chunk that has it. */
static void chunks_one_after_the_other_give_the_same(void **state)
{
    (void)state;
    struct buffer first = {0};
    struct lab lab;
    lab_open(&lab, false);
    for (int round = 0; round < 20; round++) {
        lab_decode(&lab, lab_chunk(&sample));
        if (round == 0)
            buffer_bytes(&first, lab.text.data, lab.text.length);
        assert_int_equal(lab.text.length, first.length);
        assert_memory_equal(lab.text.data, first.data, first.length);
    }
    lab_close(&lab);
    buffer_release(&first);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 1;
    sample = lab_log(arguments[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_read_and_nothing_is_wrong),
        cmocka_unit_test(a_chunk_that_is_cut_off_gives_its_whole_records),
        cmocka_unit_test(a_flipped_bit_of_a_record_is_a_loss),
        cmocka_unit_test(a_flipped_bit_of_the_header_loses_no_record),
        cmocka_unit_test(a_record_is_not_read_with_anothers_template),
        cmocka_unit_test(chunks_one_after_the_other_give_the_same),
    };
    const int failed = cmocka_run_group_tests_name("binxml", tests, NULL, NULL);
    buffer_release(&sample);
    return failed;
}
